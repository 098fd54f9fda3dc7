#include "geometry/detail/layer_likelihood.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "analysis/moments.h"

#include "geometry/detail/normal_density.h"
#include "geometry/detail/rounded_scale_fit.h"
#include "geometry/detail/spread.h"

namespace mirrortune::detail {
namespace {

constexpr std::int64_t kFewestRows = 32;
/// Of a channel with a scale of its own: the scale of fewer could fit them without any rest.
constexpr double kFewestChanges = 4;
constexpr double kLeastFreedom = 0.05;  ///< of the variance of a weight that is nearly all of its row

/// `count` of `total` places, evenly spaced.
std::vector<std::int64_t> spread_places(std::int64_t total, std::int64_t count) {
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < count; ++i) places.push_back(i * total / count);
  return places;
}

/// Numbers the values that occur from 0 without gaps, in their order.
std::size_t renumber(std::vector<std::int32_t>& values) {
  if (values.empty()) return 0;
  std::vector<std::int32_t> number(
      static_cast<std::size_t>(*std::max_element(values.begin(), values.end())) + 1, 0);
  for (const auto value : values) number[static_cast<std::size_t>(value)] = 1;
  std::int32_t next = 0;
  for (auto& one : number) one = one ? next++ : 0;
  for (auto& value : values) value = number[static_cast<std::size_t>(value)];
  return static_cast<std::size_t>(next);
}

std::vector<double> counts_of(const std::vector<std::int32_t>& places, std::size_t size) {
  std::vector<double> counts(size, 0.0);
  for (const auto place : places) counts[static_cast<std::size_t>(place)] += 1;
  return counts;
}

/// The weights of rows and columns that both have kFewestChanges of them, none of those of fewer.
LayerWeights without_sparse_channels(LayerWeights weights) {
  for (bool dropped = true; dropped;) {
    const auto rows = counts_of(weights.row, static_cast<std::size_t>(weights.rows));
    const auto columns = counts_of(weights.column, static_cast<std::size_t>(weights.columns));
    const bool one_column = weights.columns == 1;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < weights.row.size(); ++i) {
      const auto row = static_cast<std::size_t>(weights.row[i]),
                 column = static_cast<std::size_t>(weights.column[i]);
      if (rows[row] < kFewestChanges || (!one_column && columns[column] < kFewestChanges)) continue;
      weights.before[kept] = weights.before[i];
      weights.after[kept] = weights.after[i];
      weights.row[kept] = weights.row[i];
      weights.column[kept++] = weights.column[i];
    }
    dropped = kept < weights.row.size();
    for (auto* values : {&weights.before, &weights.after}) values->resize(kept);
    for (auto* places : {&weights.row, &weights.column}) places->resize(kept);
  }
  return weights;
}

/// The 16-bit type that so many numbers were rounded to, as their file says or they all show.
std::optional<DType> rounding_of(DType stored, const std::vector<double>& numbers) {
  constexpr std::ptrdiff_t kFewestNumbers = 50;
  if (has_16_bits(stored)) return stored;
  const auto is_some = [](double number) { return number != 0 && std::isfinite(number); };
  if (std::count_if(numbers.begin(), numbers.end(), is_some) < kFewestNumbers) return std::nullopt;
  for (const DType dtype : {DType::bfloat16, DType::float16}) {
    const auto fits = [&](double number) { return is_exact_in(dtype, number); };
    if (std::all_of(numbers.begin(), numbers.end(), fits)) return dtype;
  }
  return std::nullopt;
}

/// All weights of a layer, or evenly spaced rows (kFewestRows at least) and columns.
LayerWeights read_evenly(const LayerPairs& pairs, const LayerPair& layer, std::int64_t max_weights) {
  const auto& shape = layer.initial->shape;
  LayerWeights weights;
  if (layer.elements == 0) return weights;
  const std::int64_t rows = shape[0], row_length = layer.elements / rows;
  // A depthwise layer has one input channel: its columns are the places of the kernel.
  const std::int64_t columns = shape[1] > 1 ? shape[1] : row_length;
  const std::int64_t inner = row_length / columns;
  const auto fitting = [&](std::int64_t length) { return std::max<std::int64_t>(max_weights / length, 1); };
  const std::int64_t used_rows = std::min(rows, std::max(kFewestRows, fitting(row_length)));
  const std::int64_t used_columns = std::min(columns, fitting(used_rows * inner));
  weights.rows = used_rows;
  weights.columns = used_columns;
  const auto column_places = spread_places(columns, used_columns);
  std::vector<double> before(static_cast<std::size_t>(row_length)), after(before.size());
  std::int32_t row = 0;
  for (const std::int64_t place : spread_places(rows, used_rows)) {
    pairs.read(layer, place * row_length, before, after);
    weights.row_squares.push_back(0);
    for (const double w : before) weights.row_squares.back() += w * w;
    std::int32_t column = 0;
    for (const std::int64_t at : column_places) {
      for (std::int64_t k = at * inner; k < (at + 1) * inner; ++k) {
        weights.before.push_back(before[static_cast<std::size_t>(k)]);
        weights.after.push_back(after[static_cast<std::size_t>(k)]);
        weights.row.push_back(row);
        weights.column.push_back(column);
      }
      ++column;
    }
    ++row;
  }
  return weights;
}

}  // namespace

LayerWeights read_layer(const LayerPairs& pairs, const LayerPair& layer, std::int64_t max_weights) {
  constexpr std::int64_t kCost =
      4;  // of a rounded weight: its likelihood takes tails of the normal distribution
  const DType stored = layer.final_weights->dtype;
  LayerWeights weights = read_evenly(pairs, layer, has_16_bits(stored) ? max_weights / kCost : max_weights);
  const auto rounding = rounding_of(stored, weights.after);
  if (rounding && rounding != stored &&
      static_cast<std::int64_t>(weights.before.size()) > max_weights / kCost) {
    weights = read_evenly(pairs, layer, max_weights / kCost);
  }
  weights.rounding = rounding;
  return weights;
}

LayerLikelihood::LayerLikelihood(const LayerWeights& weights, const LayerModel& model) : model_(model) {
  LayerWeights changed = changed_ones(weights);
  if (model.rows_and_columns && !weights.rounding) {
    const std::size_t all = changed.row.size();
    changed = without_sparse_channels(std::move(changed));
    sparse_ = static_cast<std::int64_t>(all - changed.row.size());
  }
  row_ = std::move(changed.row);
  column_ = std::move(changed.column);
  std::vector<double> logs;
  double squares = 0;
  for (std::size_t i = 0; i < changed.before.size(); ++i) {
    const double before = changed.before[i], after = changed.after[i];
    before_.push_back(Size::of(before));
    after_.push_back(Size::of(after));
    if (weights.rounding) cells_.push_back(rounding_cell(*weights.rounding, after));
    changed_ += before != after;
    flips_ += before_.back().negative != after_.back().negative;
    logs.push_back(before_.back().log);
    squares += after * after;
    if (!model.normalised) continue;
    const double share = before * before / changed.row_squares[static_cast<std::size_t>(row_[i])];
    freedom_.push_back(std::sqrt(std::max(1 - share, kLeastFreedom)));
  }
  log_sd_ = Moments::of(logs).sd();
  log_broad_ = 0.5 * std::log(squares / static_cast<double>(before_.size()));
  rows_ = renumber(row_);
  columns_ = renumber(column_);
}

LayerWeights LayerLikelihood::changed_ones(const LayerWeights& weights) {
  LayerWeights changed{.rows = weights.rows,
                       .columns = weights.columns,
                       .before = {},
                       .after = {},
                       .row = {},
                       .column = {},
                       .row_squares = weights.row_squares};
  for (std::size_t i = 0; i < weights.before.size(); ++i) {
    const double before = weights.before[i], after = weights.after[i];
    if (!std::isfinite(before) || !std::isfinite(after)) {
      ++nonfinite_;
    } else if (before == 0 || after == 0) {
      ++zeros_;
    } else if (before == after && !weights.rounding) {
      ++unchanged_;
    } else {
      unchanged_ += before == after;
      changed.before.push_back(before);
      changed.after.push_back(after);
      changed.row.push_back(weights.row[i]);
      changed.column.push_back(weights.column[i]);
    }
  }
  return changed;
}

double LayerLikelihood::Result::total() const { return sum_of(rows); }

LayerLikelihood::Result LayerLikelihood::at(double lambda) const {
  const bool can_flip = PowerGeometry{lambda}.can_flip();
  if (flips_ == 0 || !can_flip) return with_flips(lambda, /*flips_are_outliers=*/!can_flip);
  auto inside = with_flips(lambda, /*flips_are_outliers=*/false);
  auto outside = with_flips(lambda, /*flips_are_outliers=*/true);
  return inside.total() >= outside.total() ? inside : outside;
}

LayerLikelihood::Result LayerLikelihood::with_flips(double lambda, bool flips_are_outliers) const {
  const PowerGeometry geometry{lambda};
  const double share = static_cast<double>(flips_) / static_cast<double>(n());
  const double log_inlier = flips_are_outliers ? std::log1p(-share) : 0.0;
  Result result{.rows = std::vector<double>(rows_, 0.0)};
  std::vector<double> change(before_.size(), 0.0), slope(change), low, high;
  if (rounded()) low = high = change;
  PlacedChanges changes{.row = row_,
                        .column = column_,
                        .change = change,
                        .slope = slope,
                        .low = low,
                        .high = high,
                        .row_counts = std::vector<double>(rows_, 0.0),
                        .column_counts = std::vector<double>(columns_, 0.0)};
  for (std::size_t i = 0; i < before_.size(); ++i) {
    const auto row = static_cast<std::size_t>(row_[i]);
    if (flips_are_outliers && is_flip(i)) {
      result.rows[row] += std::log(share) + log_normal_density(std::exp(after_[i].log - log_broad_)) -
                          log_broad_ + (rounded() ? std::log(cells_[i].high - cells_[i].low) : 0.0);
      continue;
    }
    const double freedom = freedom_.empty() ? 1.0 : freedom_[i];
    change[i] = geometry.change(before_[i], after_[i]) / freedom;
    slope[i] = geometry.per_relative_change(before_[i]) / freedom;
    result.rows[row] += log_inlier;
    if (rounded()) {
      const auto changed_to = [&](double size) {
        return geometry.change(before_[i], {std::log(size), after_[i].negative}) / freedom;
      };
      std::tie(low[i], high[i]) = std::minmax({changed_to(cells_[i].low), changed_to(cells_[i].high)});
    } else {
      result.rows[row] += geometry.log_curvature(after_[i]) - std::log(freedom);
    }
    changes.row_counts[row] += 1;
    changes.column_counts[static_cast<std::size_t>(column_[i])] += 1;
  }
  const auto add = [&](const auto& log_probability_of) {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (!flips_are_outliers || !is_flip(i))
        result.rows[static_cast<std::size_t>(row_[i])] += log_probability_of(i);
    }
  };
  if (rounded()) {
    const RoundedScaleFit fit(changes, model_);
    result.drift = fit.drift();
    add([&](std::size_t i) { return fit.log_probability(i); });
  } else {
    const ScaleFit fit(changes, model_);
    result.drift = fit.drift();
    add([&](std::size_t i) { return fit.log_density(i); });
  }
  return result;
}

}  // namespace mirrortune::detail
