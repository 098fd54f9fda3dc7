#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "analysis/statistics.h"

namespace mirrortune {

/// The distribution of any number of scores z in constant memory, in O(1) per score: counts
///
/// - by the points of the published grid x = linspace(−5, 5, 1000), so that F(x) = mean(z < x) is exact, ties
/// included;
/// - in the 200 bins of ScoreHistogram, exact at the edges.
class ScoreCounts {
 public:
  static constexpr int kGrid = 1000;
  /// numpy's linspace(−5, 5, 1000), bit for bit.
  static const std::array<double, kGrid>& grid();

  /// All finite.
  void add(std::span<const double> scores);

  std::int64_t n() const { return n_; }
  /// Σ abs(F(x) − Φ(x))·10/999 over the grid; NaN without scores.
  double delta_cdf() const;
  ScoreHistogram histogram() const;

 private:
  std::int64_t n_ = 0;
  std::array<std::int64_t, kGrid + 1> grid_{};                  ///< by how many grid points are ≤ z
  std::array<std::int64_t, ScoreHistogram::kBins + 2> bins_{};  ///< by how many edges are ≤ z
  std::int64_t at_end_ = 0;                                     ///< z = 8: the last bin is closed
};

}  // namespace mirrortune
