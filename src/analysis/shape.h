#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mirrortune {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// A Q–Q table: the quantiles of scores at the 41 probabilities Φ(x), x = −4, −3.8, …, 4.
struct QuantileTable {
  static constexpr int kSize = 41;
  std::vector<double> quantiles;  ///< kSize of them, or none where no score is defined

  /// x of entry `i`: the quantile of a standard normal distribution.
  static constexpr double normal_quantile(int i) { return (i - (kSize - 1) / 2) / 5.0; }
  /// Φ(x).
  static double probability(int i);
};

/// What order statistics say of the shape of scores z; NaN where it is not defined.
struct Shape {
  /// Kolmogorov–Smirnov distance sup abs(F − Φ) lies in [ks, ks + ks_error].
  double ks = kUndefined;
  double ks_error = 0;
  /// Anderson–Darling A² = n ∫ (F − Φ)² / (Φ(1 − Φ)) dΦ, Φ the standard normal distribution: the scale (and
  /// the mean, if centred) that the scores were divided by is that of the sample, so that Stephens' critical
  /// values for estimated parameters hold (1974, cases 2 and 3).
  double anderson_darling = kUndefined;
  /// L-moment ratios τ3 and τ4 (Hosking 1990), from unbiased probability-weighted moments; both lie in (−1,
  /// 1) and do not depend on location or scale. Normal: 0 and 0.1226. For n < 3 and n < 4, or if all scores
  /// are equal, NaN.
  double l_skewness = kUndefined;
  double l_kurtosis = kUndefined;
  /// By linear interpolation between order statistics, as numpy.quantile does.
  QuantileTable qq;
};

/// Of the scores themselves, exact up to 1e-11 relative to n. Sorts `scores`; there must be one at least, and
/// all finite.
Shape shape_of_scores(std::span<double> scores);
/// The same of scores that are sorted already.
Shape shape_of_sorted(std::span<const double> scores);

/// Counts in bins [edges[i], edges[i + 1]) that hold all scores; edges rise.
struct BinnedScores {
  std::span<const double> edges;
  std::span<const std::int64_t> counts;  ///< one fewer than edges
};

/// The same from counts, at least one score. F is exact at the edges and within a bin somewhere between its
/// ends, which bounds the error of ks; a quantile errs by at most its bin's width, A² by about h/6·∫φ²/(Φ(1 −
/// Φ)) in bins of width h, that is 1e-4 at h = 0.001. The L-moments put each score in the middle of its bin,
/// and are NaN if that may move their ratios by more than 0.01.
Shape shape_of_bins(const BinnedScores& scores);

}  // namespace mirrortune
