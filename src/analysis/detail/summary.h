#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/moments.h"
#include "analysis/score_counts.h"
#include "analysis/statistics.h"
#include "analysis/wasserstein.h"

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
  void apply(std::span<const double> changes, std::span<double> scores) const;
};

/// Above this number W1 is taken from counts, whose memory does not grow.
inline constexpr std::int64_t kExactLimit = 1'000'000;

/// n, mean, sd, skew and excess kurtosis.
void set_moments(ChangeStatistics& statistics, const Moments& moments);

/// Takes scores block by block, and W1 from the scores themselves if there are at most kExactLimit of them.
class ScoreSummary {
 public:
  /// `n`: how many will come.
  explicit ScoreSummary(std::int64_t n);
  /// The scores of these changes join the others.
  void add(const Scoring& scoring, std::span<const double> changes);
  /// delta_cdf, w1, w1_error, floor_ratio and histogram.
  void finish(ChangeStatistics& statistics, bool center);

 private:
  bool exact_;
  ScoreCounts counts_;
  std::optional<W1Bins> bins_;
  std::vector<double> scores_;  ///< all of them if exact, else of one block
};

}  // namespace mirrortune::detail
