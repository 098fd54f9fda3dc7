#include "analysis/detail/rounding.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/detail/lanes.h"
#include "analysis/shape.h"
#include "weights/rounding.h"

namespace mirrortune::detail {
namespace {

DType coarser_of(const LayerPair& layer) {
  const bool bfloat16 =
      layer.initial->dtype == DType::bfloat16 || layer.final_weights->dtype == DType::bfloat16;
  return bfloat16 ? DType::bfloat16 : DType::float16;
}

}  // namespace

bool is_stored_in_16_bits(const LayerPair& layer) {
  return has_16_bits(layer.initial->dtype) || has_16_bits(layer.final_weights->dtype);
}

void Rounding::add(const LayerPair& layer, const WeightBlock& block) {
  const auto before = block.initial(), after = block.final_weights();
  for_counts(block.counts(), [&](auto count_of) {
    const auto [all, same] = sums_in_lanes<2>(before.size(), [=](std::size_t i) {
      const double count = count_of(i);
      return std::array{count, before[i] == after[i] ? count : 0.0};
    });
    weights += static_cast<std::int64_t>(all);
    unchanged += static_cast<std::int64_t>(same);
    if (!is_stored_in_16_bits(layer)) return;
    const auto [distance, near] = sums_in_lanes<2>(before.size(), [=, coarser = coarser_of(layer)](auto i) {
      const double size = std::max(std::fabs(before[i]), std::fabs(after[i]));
      const double change = std::fabs(after[i] - before[i]) / unit_in_last_place(coarser, size);
      return std::array{count_of(i) * change, change < 1 ? double{count_of(i)} : 0.0};
    });
    measured += static_cast<std::int64_t>(all);
    ulps += distance;
    below_ulp += static_cast<std::int64_t>(near);
  });
}

void Rounding::merge(const Rounding& other) {
  weights += other.weights;
  unchanged += other.unchanged;
  measured += other.measured;
  ulps += other.ulps;
  below_ulp += other.below_ulp;
}

double Rounding::unchanged_share() const {
  return weights > 0 ? static_cast<double>(unchanged) / static_cast<double>(weights) : kUndefined;
}

double Rounding::mean_ulps() const {
  return measured > 0 ? ulps / static_cast<double>(measured) : kUndefined;
}

}  // namespace mirrortune::detail
