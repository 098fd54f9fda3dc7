#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "analysis/moments.h"
#include "analysis/score_counts.h"
#include "analysis/statistics.h"

namespace mirrortune::detail {

/// How changes d become scores z = (d / unit − shift) / scale.
struct Scoring {
  double unit = 1;   ///< the layer's sd where layers are standardised first
  double shift = 0;  ///< the mean of d / unit if centred
  double scale = 1;  ///< the sd of d / unit

  /// Of changes (divided by their units) with these moments.
  static Scoring of(const Moments& moments, bool center);
  /// False when no score is defined: fewer than two changes, all equal, or an infinite spread.
  bool defined() const;
  /// `scores` may be where the changes are.
  void apply(std::span<const double> changes, std::span<double> scores) const;
};

/// Up to this number the scores of a row are kept and sorted; above it they are counted in bins, whose memory
/// does not grow.
inline constexpr std::int64_t kExactLimit = 1'000'000;

/// n, mean, sd, skew and excess kurtosis.
void set_moments(ChangeStatistics& statistics, const Moments& moments);

/// The scores that one thread adds to a row.
class ScorePart {
 public:
  /// The scores of these changes join the others. Sorted changes are counted, and their scores sorted, the
  /// fastest.
  /// `counts`: how often each occurs; empty: once.
  void add(const Scoring& scoring, std::span<const double> changes, std::span<const double> counts = {});
  /// The same of changes that nobody needs any more: their memory may be kept.
  void take(const Scoring& scoring, std::vector<double> changes);

 private:
  friend class ScoreSummary;
  explicit ScorePart(bool exact);

  std::optional<ScoreCounts> counts_;  ///< unless exact
  std::vector<double> kept_;           ///< in order: all scores if exact, else those beyond ±8
  std::vector<double> block_;

  void keep(const Scoring& scoring, std::span<const double> changes, std::span<const double> counts);
};

/// The scores of a row, which several threads bring in parts. The result does not depend on who brings what.
class ScoreSummary {
 public:
  /// `n` scores will come, in `parts` parts.
  ScoreSummary(std::int64_t n, std::size_t parts = 1) : exact_(n <= kExactLimit), parts_(parts) {}

  ScorePart part() const { return ScorePart(exact_); }
  /// Takes part `place` of 0 … parts − 1, each once and in any order; thread-safe. True if it was the last to
  /// come.
  bool take(std::size_t place, ScorePart part);
  /// Writes delta_cdf, p_value, w1, w1_error, shape, floor_ratio and histogram into the rows that have these
  /// scores; they are gone then.
  void finish(std::span<ChangeStatistics* const> rows, bool center);

 private:
  void append(std::vector<double> kept);

  const bool exact_;
  const std::size_t parts_;
  std::mutex mutex_;
  std::optional<ScoreCounts> counts_;
  std::vector<double> scores_;  ///< if exact
  std::map<std::size_t, std::vector<double>>
      waiting_;  ///< what parts kept, until those before them have come
  std::size_t next_ = 0;
};

}  // namespace mirrortune::detail
