#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "geometry/change_model.h"
#include "geometry/pairs.h"
#include "geometry/profile.h"

namespace mirrortune {

struct IdentifyOptions {
  /// Canonical texts (potential/potential.h) of the potentials to compare.
  std::vector<std::string> potentials = {"negative_entropy", "1.5-norm", "2-norm", "2.5-norm", "3-norm"};
  ChangeModelOptions model = {};
  int resamples = 2000;   ///< of the bootstrap over clusters; 0: none
  bool smooth = false;    ///< also the two-parameter family smooth_power(λ, β)
  int coverage_runs = 0;  ///< simulated repetitions that count how often the interval holds λ; 0: none
  std::uint64_t seed = 0;
};

/// One potential as an explanation of the changes.
struct Explanation {
  std::string potential;
  double log_likelihood = 0;  ///< −∞ if a size lies outside its domain
  double aic = 0;
  double weight = 0;   ///< Akaike weight among the compared potentials
  double vuong_z = 0;  ///< Vuong's statistic against the most likely one: N(0, 1) if both are equally near
  double vuong_p = 1;  ///< two-sided

  std::string weight_text() const;  ///< "0.983", "<0.001"
};

/// φ'' = (w² + β²)^((λ−1)/2) with both parameters free.
struct SmoothFit {
  double lambda = 0, beta = 0;
  double log_likelihood = 0, aic = 0;
};

/// Which geometry a table of changes follows.
struct Identification {
  std::int64_t n = 0;                                            ///< pairs that tell something
  std::int32_t clusters = 0;                                     ///< n if no groups are known
  std::int64_t zeros = 0, unchanged = 0, unseen = 0, flips = 0;  ///< flips are part of n
  double log_sd = 0;                                             ///< of ln abs(before)
  double drift_z = 0;  ///< mean relative change over its standard error, at the estimated λ; NaN if unknown
  double drift = 0;    ///< that mean
  Profile profile;     ///< of λ
  double aic = 0;      ///< of the power family: σ and λ are estimated
  std::optional<Bootstrap> bootstrap;
  std::optional<double> coverage;   ///< share of simulated profile intervals that held λ
  std::vector<Explanation> models;  ///< the most likely first
  std::optional<SmoothFit> smooth;
  std::vector<std::string> notes;         ///< sentences: what was left out, what makes it doubtful
  std::vector<std::string> would_change;  ///< sentences: what would change the conclusion

  /// The interval to report: the bootstrap's if there is one.
  const Interval& interval() const { return bootstrap ? bootstrap->interval : profile.interval; }
  /// Where it is from: "profile likelihood", "bootstrap over synapses", "bootstrap over 10 groups".
  std::string interval_by() const;
};

/// Fewer changes than this are refused.
inline constexpr std::size_t kFewestChanges = 8;

/// Throws DataError if fewer than kFewestChanges changes tell something or all sizes before are equal,
/// UsageError for a potential's text or options that exclude each other.
Identification identify(const Pairs& pairs, const IdentifyOptions& options);

}  // namespace mirrortune
