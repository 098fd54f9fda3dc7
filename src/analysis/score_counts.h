#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/statistics.h"

namespace mirrortune {

struct Distance {
  double value = 0;
  double error = 0;  ///< bound of abs(value − truth)
};

/// W1 = ∫ abs(F − Φ) of the empirical distribution F of `scores` from N(0, 1), exact up to rounding, by order
/// statistics in O(n log n). Sorts `scores`; there must be one at least, and all finite.
double exact_w1(std::span<double> scores);

/// The distribution of any number of scores z in constant memory: counts, in O(1) per score.
///
/// - Of the published grid x = linspace(−5, 5, 1000), so that F(x) = mean(z < x) is exact, ties included.
/// - Of the 200 bins of ScoreHistogram, exact at the edges.
/// - Of 16,000 bins of width h = 0.001 on [−8, 8], with the exact excess beyond: W1 with an error of at most
///   h/2, as F is taken to be linear within a bin (it errs by 1e-6 or less on 2·10⁶ smooth scores).
class ScoreCounts {
 public:
  /// All finite.
  void add(std::span<const double> scores);

  std::int64_t n() const { return n_; }
  /// Σ abs(F(x) − Φ(x))·10/999 over the grid; NaN without scores.
  double delta_cdf() const;
  const ScoreHistogram& histogram() const { return histogram_; }
  /// W1 from the fine bins; NaN without scores.
  Distance w1() const;

  static constexpr int kGrid = 1000;
  /// numpy's linspace(−5, 5, 1000), bit for bit.
  static const std::array<double, kGrid>& grid();

 private:
  static constexpr int kFine = 16000;
  static constexpr double kFineWidth = 0.001;

  std::int64_t n_ = 0;
  std::vector<std::int64_t> grid_ =
      std::vector<std::int64_t>(kGrid + 1);  ///< by how many grid points are ≤ z
  std::vector<std::int64_t> fine_ = std::vector<std::int64_t>(kFine);
  ScoreHistogram histogram_{.counts = std::vector<std::int64_t>(ScoreHistogram::kBins)};
  double excess_ = 0;  ///< Σ (abs(z) − 8) of the scores beyond ±8
};

}  // namespace mirrortune
