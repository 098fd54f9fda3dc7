#include "analysis/detail/rounding.h"

#include <algorithm>
#include <cmath>

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

void Rounding::add(const LayerPair& layer, std::span<const double> initial,
                   std::span<const double> final_weights) {
  weights += static_cast<std::int64_t>(initial.size());
  for (std::size_t i = 0; i < initial.size(); ++i) unchanged += initial[i] == final_weights[i];
  if (!is_stored_in_16_bits(layer)) return;
  const DType coarser = coarser_of(layer);
  measured += static_cast<std::int64_t>(initial.size());
  for (std::size_t i = 0; i < initial.size(); ++i) {
    const double size = std::max(std::fabs(initial[i]), std::fabs(final_weights[i]));
    const double change = std::fabs(final_weights[i] - initial[i]) / unit_in_last_place(coarser, size);
    ulps += change;
    below_ulp += change < 1;
  }
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
