#include "analysis/detail/row_sums.h"

#include <algorithm>
#include <cmath>

#include "analysis/detail/summary.h"

namespace mirrortune::detail {
namespace {

double magnitude_of(double change_squares, double initial_squares) {
  return initial_squares > 0 ? std::sqrt(change_squares / initial_squares) : kUndefined;
}

/// Of the values that are no NaN; NaN if there are none.
double median_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return kUndefined;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::int64_t lower_median_of(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

bool is_defined(const LayerSums& layer, std::size_t potential) {
  return Scoring::of(layer.changes[potential].moments, /*center=*/false).defined();
}

ChangeStatistics layer_row(const LayerSums& layer, std::size_t potential, bool center) {
  ChangeStatistics row;
  const auto& change = layer.changes[potential];
  set_moments(row, change.moments);
  row.magnitude = magnitude_of(change.moments.sum_of_squares(), change.initial_squares);
  row.zeros = layer.zeros;
  row.sign_flips = layer.sign_flips;
  row.log_sd_w0 = layer.log_initial.sd();
  row.unchanged_share = layer.rounding.unchanged_share();
  row.mean_ulps = layer.rounding.mean_ulps();
  const LayerScale scale{change.moments.n, change.moments.sd()};
  if (is_defined(layer, potential)) row.floor_pooled = gaussian_floor({&scale, 1}, center);
  return row;
}

Pool pool_layers(const std::vector<LayerSums>& layers, std::span<const std::size_t> members,
                 std::size_t potential, bool standardise) {
  Pool pool;
  for (const std::size_t i : members) {
    const auto& change = layers[i].changes[potential];
    if (change.moments.n == 0 || (standardise && !is_defined(layers[i], potential))) continue;
    const double sd = change.moments.n > 1 ? change.moments.sd() : 0.0;
    const double unit = standardise ? sd : 1.0;
    pool.moments.merge(change.moments.standardised(0, unit));
    pool.initial_squares += change.initial_squares / (unit * unit);
    pool.scales.push_back({change.moments.n, sd / unit});
    pool.layers.push_back(i);
    pool.units.push_back(unit);
  }
  return pool;
}

ChangeStatistics pooled_row(const std::vector<LayerSums>& layers, std::span<const std::size_t> members,
                            const Pool& pool, bool center) {
  ChangeStatistics row;
  set_moments(row, pool.moments);
  row.magnitude = magnitude_of(pool.moments.sum_of_squares(), pool.initial_squares);
  Moments log_initial;
  Rounding rounding;
  for (const std::size_t i : members) {
    row.zeros += layers[i].zeros;
    row.sign_flips += layers[i].sign_flips;
    log_initial.merge(layers[i].log_initial);
    rounding.merge(layers[i].rounding);
  }
  row.log_sd_w0 = log_initial.sd();
  row.unchanged_share = rounding.unchanged_share();
  row.mean_ulps = rounding.mean_ulps();
  row.floor_pooled = gaussian_floor(pool.scales, center);
  return row;
}

ChangeStatistics median_row(const std::vector<ChangeStatistics>& layers) {
  ChangeStatistics row;
  const auto take = [&](auto member, auto median) {
    std::vector<std::remove_reference_t<decltype(row.*member)>> values;
    for (const auto& layer : layers) values.push_back(layer.*member);
    row.*member = median(std::move(values));
  };
  for (const auto member : {&ChangeStatistics::n, &ChangeStatistics::zeros, &ChangeStatistics::sign_flips}) {
    take(member, lower_median_of);
  }
  for (const auto member :
       {&ChangeStatistics::delta_cdf, &ChangeStatistics::w1, &ChangeStatistics::floor_ratio,
        &ChangeStatistics::magnitude, &ChangeStatistics::mean, &ChangeStatistics::sd, &ChangeStatistics::skew,
        &ChangeStatistics::excess_kurtosis, &ChangeStatistics::log_sd_w0, &ChangeStatistics::floor_pooled,
        &ChangeStatistics::p_value, &ChangeStatistics::unchanged_share, &ChangeStatistics::mean_ulps}) {
    take(member, median_of);
  }
  for (const auto member : {&Shape::ks, &Shape::anderson_darling, &Shape::l_skewness, &Shape::l_kurtosis}) {
    take(member, median_of);
  }
  for (const auto& layer : layers) {
    row.w1_error = std::max(row.w1_error, layer.w1_error);
    row.ks_error = std::max(row.ks_error, layer.ks_error);
  }
  return row;
}

}  // namespace mirrortune::detail
