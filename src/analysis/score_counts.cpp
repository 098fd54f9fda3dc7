#include "analysis/score_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/detail/normal.h"

namespace mirrortune {
namespace {

constexpr double kHistogramEnd = 8.0;

/// Increasing points that are nearly equally far apart.
template <std::size_t kCount>
class Points {
 public:
  template <class PointOf>
  explicit Points(PointOf point_of) {
    for (std::size_t i = 0; i < kCount; ++i) points_[i] = point_of(static_cast<int>(i));
    points_[kCount] = std::numeric_limits<double>::infinity();
    per_unit_ = static_cast<double>(kCount - 1) / (points_[kCount - 1] - points_[0]);
  }

  /// How many points are ≤ z. Arithmetic gives a place that is off by one at most; two comparisons make it
  /// exact.
  std::size_t up_to(double z) const {
    const double place = std::clamp((z - points_[0]) * per_unit_, 0.0, static_cast<double>(kCount - 1));
    const auto i = static_cast<std::size_t>(static_cast<std::int64_t>(place));
    return i + static_cast<std::size_t>(points_[i] <= z) + static_cast<std::size_t>(points_[i + 1] <= z);
  }

 private:
  std::array<double, kCount + 1> points_;
  double per_unit_;
};

}  // namespace

const std::array<double, ScoreCounts::kGrid>& ScoreCounts::grid() {
  static const auto points = [] {
    std::array<double, kGrid> x{};
    for (int i = 0; i < kGrid; ++i) x[static_cast<std::size_t>(i)] = i * (10.0 / (kGrid - 1)) + -5.0;
    x.back() = 5.0;
    return x;
  }();
  return points;
}

void ScoreCounts::add(std::span<const double> scores) {
  static const Points<kGrid> points([](int i) { return grid()[static_cast<std::size_t>(i)]; });
  static const Points<ScoreHistogram::kBins + 1> edges(&ScoreHistogram::edge);
  for (const double z : scores) {
    ++grid_[points.up_to(z)];
    ++bins_[edges.up_to(z)];
    at_end_ += z == kHistogramEnd;
  }
  n_ += static_cast<std::int64_t>(scores.size());
}

double ScoreCounts::delta_cdf() const {
  if (n_ == 0) return kUndefined;
  double sum = 0;
  std::int64_t smaller = 0;
  for (std::size_t k = 0; k < kGrid; ++k) {
    smaller += grid_[k];
    sum += std::fabs(static_cast<double>(smaller) / static_cast<double>(n_) - detail::normal_cdf(grid()[k]));
  }
  return sum * (10.0 / (kGrid - 1));
}

ScoreHistogram ScoreCounts::histogram() const {
  ScoreHistogram histogram{
      .below = bins_.front(), .counts = {bins_.begin() + 1, bins_.end() - 1}, .above = bins_.back()};
  histogram.counts.back() += at_end_;
  histogram.above -= at_end_;
  return histogram;
}

}  // namespace mirrortune
