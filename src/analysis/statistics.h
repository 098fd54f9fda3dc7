#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/shape.h"

namespace mirrortune {

/// 200 bins of width 0.08 on [−8, 8], half-open [left, right) and the last one closed; `below` and `above`
/// hold the rest, so that the total is the number of scores.
struct ScoreHistogram {
  static constexpr int kBins = 200;
  std::int64_t below = 0;            ///< z < −8
  std::vector<std::int64_t> counts;  ///< kBins of them, or none where no score is defined
  std::int64_t above = 0;            ///< z > 8

  /// Left edge of bin `i`, 0 … kBins (the last one is the right edge 8): the double nearest to −8 + 0.08 i.
  static constexpr double edge(int i) { return (8.0 * i - 800.0) / 100.0; }
  std::int64_t total() const;
  friend bool operator==(const ScoreHistogram&, const ScoreHistogram&) = default;
};

/// What is said of the dual changes d = φ'(w) − φ'(w0) of one layer, or of several pooled, besides the shape
/// of their scores z. A value that the changes do not define (no change at all, too few weights) is NaN.
struct ChangeStatistics : Shape {
  std::int64_t n = 0;             ///< changes counted: finite ones; zero weights are out where φ'(0) = ±∞
  double delta_cdf = kUndefined;  ///< Σ abs(F(x) − Φ(x))·10/999 over linspace(−5, 5, 1000), as published
  double w1 = kUndefined;         ///< ∫ abs(F − Φ), the Wasserstein-1 distance of z from N(0, 1)
  double floor_ratio =
      kUndefined;  ///< √n·delta_cdf / 1.184 (/ .832 centred): 1 for independent Gaussian changes
  double magnitude = kUndefined;        ///< ‖d‖ / ‖φ'(w0)‖
  double mean = kUndefined;             ///< of d
  double sd = kUndefined;               ///< of d, unbiased, about the mean
  double skew = kUndefined;             ///< of d: m3 / m2^(3/2), moments about the mean
  double excess_kurtosis = kUndefined;  ///< of d: m4 / m2² − 3
  std::int64_t zeros = 0;               ///< weights that are 0 before or after
  std::int64_t sign_flips = 0;          ///< weights whose sign is the opposite after
  double log_sd_w0 = kUndefined;        ///< unbiased sd of ln abs(w0), zeros left out
  double floor_pooled = kUndefined;  ///< ΔCDF expected of Gaussian layers with these layers' sizes and scales
  double w1_error = 0;  ///< bound of the error of w1: 0 if by order statistics, see score_counts.h
  /// P(√n·ΔCDF of n independent Gaussian changes of one scale ≥ this one), see delta_cdf_p_value()
  double p_value = kUndefined;
  /// The same among pooled Gaussian layers of the observed sizes and scales; of pooled raw changes, if asked
  /// for
  double p_bootstrap = kUndefined;
  double unchanged_share =
      kUndefined;  ///< weights that are the same number before and after, of all finite ones
  /// Mean abs(w − w0) of weights stored in 16 bits, in units of the last place of the larger of the two in
  /// the coarser of their types
  double mean_ulps = kUndefined;
  ScoreHistogram histogram;  ///< of z; empty for a median over layers
};

/// ΔCDF and its p-value, W1, shape, moments and histogram of changes given in memory; the fields about
/// weights (magnitude, zeros, flips, log_sd_w0) stay undefined. `center`: the mean is subtracted first. All
/// values must be finite.
ChangeStatistics change_statistics(std::span<const double> dual_changes, bool center = false);

}  // namespace mirrortune
