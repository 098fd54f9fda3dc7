#include "analysis/statistics.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "analysis/detail/summary.h"
#include "analysis/floor.h"

namespace mirrortune {

std::int64_t ScoreHistogram::total() const {
  return std::accumulate(counts.begin(), counts.end(), below + above);
}

namespace detail {

Scoring Scoring::of(const Moments& moments, bool center) {
  return {.unit = 1, .shift = center ? moments.mean : 0.0, .scale = moments.sd()};
}

bool Scoring::defined() const { return scale > 0 && std::isfinite(scale); }

void Scoring::apply(std::span<const double> changes, std::span<double> scores) const {
  if (unit == 1) {
    for (std::size_t i = 0; i < changes.size(); ++i) scores[i] = (changes[i] - shift) / scale;
  } else {
    for (std::size_t i = 0; i < changes.size(); ++i) scores[i] = (changes[i] / unit - shift) / scale;
  }
}

void set_moments(ChangeStatistics& statistics, const Moments& moments) {
  statistics.n = moments.n;
  statistics.mean = moments.n > 0 ? moments.mean : kUndefined;
  statistics.sd = moments.sd();
  statistics.skew = moments.skew();
  statistics.excess_kurtosis = moments.excess_kurtosis();
}

void set_distances(ChangeStatistics& statistics, const ScoreCounts& counts, std::span<double> scores,
                   bool center) {
  const auto n = static_cast<double>(counts.n());
  statistics.delta_cdf = counts.delta_cdf();
  statistics.floor_ratio = std::sqrt(n) * statistics.delta_cdf / (center ? kFloorCentred : kFloor);
  const Distance w1 = counts.n() <= kExactLimit ? Distance{exact_w1(scores), 0} : counts.w1();
  statistics.w1 = w1.value;
  statistics.w1_error = w1.error;
  statistics.histogram = counts.histogram();
}

}  // namespace detail

ChangeStatistics change_statistics(std::span<const double> dual_changes, bool center) {
  const Moments moments = Moments::of(dual_changes);
  ChangeStatistics statistics;
  detail::set_moments(statistics, moments);
  const auto scoring = detail::Scoring::of(moments, center);
  if (!scoring.defined()) return statistics;
  const LayerScale scale{moments.n, scoring.scale};
  statistics.floor_pooled = gaussian_floor({&scale, 1}, center);
  std::vector<double> scores(dual_changes.size());
  scoring.apply(dual_changes, scores);
  ScoreCounts counts;
  counts.add(scores);
  detail::set_distances(statistics, counts, scores, center);
  return statistics;
}

}  // namespace mirrortune
