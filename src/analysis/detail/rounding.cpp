#include "analysis/detail/rounding.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "analysis/shape.h"

namespace mirrortune::detail {
namespace {

/// A binary type: bits after the point of a normal number, exponent of the smallest one.
struct Precision {
  int bits;
  int smallest_exponent;
};
constexpr Precision kBfloat16{7, -126}, kFloat16{10, -14};

Precision coarser_of(const LayerPair& layer) {
  const bool bfloat16 =
      layer.initial->dtype == DType::bfloat16 || layer.final_weights->dtype == DType::bfloat16;
  return bfloat16 ? kBfloat16 : kFloat16;
}

/// Distance of neighbouring numbers of this type at `size` ≥ 0, also where they are subnormal.
double ulp_at(double size, Precision precision) {
  constexpr int kBias = 1023, kMantissaBits = 52;
  const int exponent = static_cast<int>(std::bit_cast<std::uint64_t>(size) >> kMantissaBits) - kBias;
  const int last_place = std::max(exponent, precision.smallest_exponent) - precision.bits;
  return std::bit_cast<double>(static_cast<std::uint64_t>(last_place + kBias) << kMantissaBits);
}

}  // namespace

bool is_stored_in_16_bits(const LayerPair& layer) {
  const auto in_16_bits = [](DType dtype) { return dtype == DType::bfloat16 || dtype == DType::float16; };
  return in_16_bits(layer.initial->dtype) || in_16_bits(layer.final_weights->dtype);
}

void Rounding::add(const LayerPair& layer, std::span<const double> initial,
                   std::span<const double> final_weights) {
  weights += static_cast<std::int64_t>(initial.size());
  for (std::size_t i = 0; i < initial.size(); ++i) unchanged += initial[i] == final_weights[i];
  if (!is_stored_in_16_bits(layer)) return;
  const Precision precision = coarser_of(layer);
  measured += static_cast<std::int64_t>(initial.size());
  for (std::size_t i = 0; i < initial.size(); ++i) {
    const double size = std::max(std::fabs(initial[i]), std::fabs(final_weights[i]));
    const double change = std::fabs(final_weights[i] - initial[i]) / ulp_at(size, precision);
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
