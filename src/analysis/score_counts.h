#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/shape.h"
#include "analysis/statistics.h"

namespace mirrortune {

/// A number with a bound of its error.
struct Distance {
  double value = 0;
  double error = 0;
};

/// The distribution of any number of scores z in constant memory, in O(1) per score.
///
/// [−8, 8] is cut into 16,000 bins of width h = 0.001, and the scores below each point of the published grid
/// x = linspace(−5, 5, 1000) and each edge of ScoreHistogram are counted in its bin, so that F(x) = mean(z <
/// x) is exact at all of them, ties included. Beyond ±8 the bins grow with abs(z) (64 to each doubling), and
/// the excess is summed exactly.
class ScoreCounts {
 public:
  static constexpr int kGrid = 1000;
  /// numpy's linspace(−5, 5, 1000), bit for bit.
  static const std::array<double, kGrid>& grid();

  ScoreCounts();
  /// All finite.
  void add(std::span<const double> scores);

  /// add() in two steps, for scores that several threads count in parts: add_near() counts the scores on
  /// [−8, 8] and appends the others to `far`; merge_near() takes over the near ones of a part, in any order;
  /// add_far() counts those beyond ±8, whose order is that of the sum.
  /// `counts`: how often each score occurs; empty: once.
  void add_near(std::span<const double> scores, std::span<const double> counts, std::vector<double>& far);
  void merge_near(const ScoreCounts& part);
  void add_far(std::span<const double> scores);

  std::int64_t n() const { return n_; }
  /// Σ abs(F(x) − Φ(x))·10/999 over the grid; NaN without scores.
  double delta_cdf() const;
  ScoreHistogram histogram() const;
  /// W1 = ∫ abs(F − Φ), F taken to be linear within a bin: the error is at most h/2 (1e-6 or less on 2·10⁶
  /// smooth scores). NaN without scores.
  Distance w1() const;
  /// From the bins.
  Shape shape() const;

 private:
  void add_tile(std::span<const double> scores, std::vector<double>& far);
  /// add_tile(), fast if neighbours share a place, and if they do not.
  void add_runs(std::span<const double> scores, std::span<const std::int32_t> places,
                std::vector<double>& far);
  void add_scattered(std::span<const double> scores, std::span<const std::int32_t> places,
                     std::vector<double>& far);
  /// Counts scores of one place that does not say everything of them, each `count` times.
  void settle(std::int32_t place, std::span<const double> scores, std::int64_t count,
              std::vector<double>& far);
  /// The same of scores that lie in no half-open bin.
  void settle_beyond(std::span<const double> scores, std::int64_t count, std::vector<double>& far);
  /// Returns the sum of the counts.
  std::int64_t add_tile(std::span<const double> scores, std::span<const double> counts,
                        std::vector<double>& far);
  /// body(point, number of scores below it), rising.
  template <class Body>
  void for_each_cut(Body body) const;
  std::span<const std::int64_t> near_counts() const;

  std::int64_t n_ = 0;
  std::vector<std::int64_t> places_;      ///< the bins of [−8, 8], between two that are not used
  std::vector<std::int64_t> below_;       ///< scores of a point's bin that are below the point
  std::vector<std::int64_t> lower_tail_;  ///< z < −8, outwards
  std::vector<std::int64_t> upper_tail_;  ///< z > 8
  double excess_ = 0;                     ///< Σ (abs(z) − 8) of the scores beyond ±8
};

}  // namespace mirrortune
