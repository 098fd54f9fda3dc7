#pragma once

#include <span>

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
  void apply(std::span<const double> changes, std::span<double> scores) const;
};

/// Above this number W1 is taken from counts, whose memory does not grow.
inline constexpr std::int64_t kExactLimit = 1'000'000;

/// n, mean, sd, skew and excess kurtosis.
void set_moments(ChangeStatistics& statistics, const Moments& moments);
/// delta_cdf, w1, floor_ratio and histogram, from the counts of the scores and, if there are at most
/// kExactLimit, the scores themselves (which are sorted).
void set_distances(ChangeStatistics& statistics, const ScoreCounts& counts, std::span<double> scores,
                   bool center);

}  // namespace mirrortune::detail
