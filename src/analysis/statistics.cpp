#include "analysis/statistics.h"

#include <cmath>
#include <numeric>

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

ScoreSummary::ScoreSummary(std::int64_t n) : exact_(n <= kExactLimit) {
  if (exact_) {
    scores_.reserve(static_cast<std::size_t>(n));
  } else {
    bins_.emplace();
  }
}

void ScoreSummary::add(const Scoring& scoring, std::span<const double> changes) {
  const std::size_t begin = exact_ ? scores_.size() : 0;
  scores_.resize(begin + changes.size());
  const auto fresh = std::span(scores_).subspan(begin);
  scoring.apply(changes, fresh);
  counts_.add(fresh);
  if (bins_) bins_->add(fresh);
}

void ScoreSummary::finish(ChangeStatistics& statistics, bool center) {
  const Distance w1 = exact_ ? Distance{exact_w1(scores_), 0} : bins_->distance();
  statistics.w1 = w1.value;
  statistics.w1_error = w1.error;
  statistics.delta_cdf = counts_.delta_cdf();
  statistics.floor_ratio =
      std::sqrt(static_cast<double>(counts_.n())) * statistics.delta_cdf / (center ? kFloorCentred : kFloor);
  statistics.histogram = counts_.histogram();
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
  detail::ScoreSummary summary(moments.n);
  summary.add(scoring, dual_changes);
  summary.finish(statistics, center);
  return statistics;
}

}  // namespace mirrortune
