#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/stream.h"
#include "potential/potential.h"

#include "geometry/simulate.h"

namespace mirrortune::detail {

/// Throws UsageError: these options cannot be simulated.
[[noreturn]] void refuse_simulation(std::string why);

/// The processes: each has `next`, which gives the size after the change from the size before, the scale of
/// the synapse's changes relative to the options' `change`, and the synapse's number and turn for its draws;
/// nothing if there is no such change. Constructors throw UsageError as `simulate_synapses`.

class PotentialChange {
 public:
  PotentialChange(const SimulateOptions& options, double median);
  std::optional<double> next(double w, double scale, std::uint64_t synapse, std::uint64_t turn) const;
  /// Whether w is in the domain of the potential.
  bool has(double w) const { return contains(potential_, w); }

 private:
  Potential potential_;
  double mean_;  ///< of the dual change
  double sd_;
  std::uint64_t seed_;
};

class KestenChange {
 public:
  KestenChange(const SimulateOptions& options, double median);
  std::optional<double> next(double w, double scale, std::uint64_t synapse, std::uint64_t turn) const;
  bool has(double /*w*/) const { return true; }
  /// Mean of the factor a for changes of this scale: √(1 − (σ_a² E w² + σ_b²)/Var w); throws UsageError if
  /// the changes are too large for the variance to stay.
  double mean_factor(double scale) const;

 private:
  double factor_sd_;    ///< σ_a
  double addition_sd_;  ///< σ_b
  double mean_size_;
  double variance_;  ///< of the sizes
  std::uint64_t seed_;
};

class LogOuChange {
 public:
  LogOuChange(const SimulateOptions& options, double median);
  std::optional<double> next(double w, double scale, std::uint64_t synapse, std::uint64_t turn) const;
  bool has(double /*w*/) const { return true; }
  /// Correlation of ln w before and after for changes of this scale: √(1 − change²/log_sd²); throws
  /// UsageError if the changes are larger than the spread of the sizes.
  double correlation(double scale) const;

 private:
  double log_mean_;
  double log_sd_;
  double change_;
  std::uint64_t seed_;
};

using Change = std::variant<PotentialChange, KestenChange, LogOuChange>;

Change make_change(const SimulateOptions& options);
/// Throws UsageError if changes of this scale are none that the process has.
void check_scale(const Change& change, double scale);

}  // namespace mirrortune::detail
