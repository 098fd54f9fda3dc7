#include "analysis/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "analysis/detail/sort_scores.h"
#include "analysis/detail/summary.h"
#include "analysis/detail/vector_code.h"
#include "analysis/floor.h"
#include "analysis/wasserstein.h"

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
  in_vector_code([=, *this] {
    if (unit == 1) {
      for (std::size_t i = 0; i < changes.size(); ++i) scores[i] = (changes[i] - shift) / scale;
    } else {
      for (std::size_t i = 0; i < changes.size(); ++i) scores[i] = (changes[i] / unit - shift) / scale;
    }
  });
}

void set_moments(ChangeStatistics& statistics, const Moments& moments) {
  statistics.n = moments.n;
  statistics.mean = moments.n > 0 ? moments.mean : kUndefined;
  statistics.sd = moments.sd();
  statistics.skew = moments.skew();
  statistics.excess_kurtosis = moments.excess_kurtosis();
}

ScorePart::ScorePart(bool exact) {
  if (!exact) counts_.emplace();
}

void ScorePart::add(const Scoring& scoring, std::span<const double> changes, std::span<const double> counts) {
  if (!counts_) return keep(scoring, changes, counts);
  constexpr std::size_t kBlock = 4096;  // the scores of a block stay in the first-level cache
  block_.resize(kBlock);
  for (std::size_t begin = 0; begin < changes.size(); begin += kBlock) {
    const auto block = changes.subspan(begin, std::min(kBlock, changes.size() - begin));
    const auto scores = std::span(block_).first(block.size());
    scoring.apply(block, scores);
    counts_->add_near(scores, counts.empty() ? counts : counts.subspan(begin, block.size()), kept_);
  }
}

void ScorePart::take(const Scoring& scoring, std::vector<double> changes) {
  if (counts_ || !kept_.empty()) return add(scoring, changes);
  kept_ = std::move(changes);
  scoring.apply(kept_, kept_);
}

void ScorePart::keep(const Scoring& scoring, std::span<const double> changes,
                     std::span<const double> counts) {
  if (counts.empty()) {
    kept_.resize(kept_.size() + changes.size());
    return scoring.apply(changes, std::span(kept_).last(changes.size()));
  }
  block_.resize(changes.size());
  scoring.apply(changes, block_);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    kept_.insert(kept_.end(), static_cast<std::size_t>(counts[i]), block_[i]);
  }
}

bool ScoreSummary::take(std::size_t place, ScorePart part) {
  const std::lock_guard lock(mutex_);
  if (!counts_) counts_.emplace();
  if (part.counts_) counts_->merge_near(*part.counts_);
  waiting_[place] = std::move(part.kept_);
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; ++next_) {
    append(std::move(first->second));
    first = waiting_.erase(first);
  }
  return next_ == parts_;
}

void ScoreSummary::append(std::vector<double> kept) {
  if (!exact_) {
    counts_->add_far(kept);
  } else if (scores_.empty()) {
    scores_ = std::move(kept);
  } else {
    scores_.insert(scores_.end(), kept.begin(), kept.end());
  }
}

void ScoreSummary::finish(std::span<ChangeStatistics* const> rows, bool center) {
  sort_scores(scores_);
  counts_->add(scores_);
  const Distance w1 = exact_ ? Distance{.value = exact_w1_of_sorted(scores_), .error = 0} : counts_->w1();
  const Shape shape = exact_ ? shape_of_sorted(scores_) : counts_->shape();
  const double delta_cdf = counts_->delta_cdf();
  const double root_n_delta_cdf = std::sqrt(static_cast<double>(counts_->n())) * delta_cdf;
  for (auto* row : rows) {
    static_cast<Shape&>(*row) = shape;
    row->w1 = w1.value;
    row->w1_error = w1.error;
    row->delta_cdf = delta_cdf;
    row->floor_ratio = root_n_delta_cdf / (center ? kFloorCentred : kFloor);
    row->p_value = delta_cdf_p_value(root_n_delta_cdf, center);
    row->histogram = counts_->histogram();
  }
  counts_.reset();
  scores_ = std::vector<double>();  // an empty list would keep the memory
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
  auto part = summary.part();
  part.add(scoring, dual_changes);
  summary.take(0, std::move(part));
  summary.finish(std::array{&statistics}, center);
  return statistics;
}

}  // namespace mirrortune
