#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "weights/dtype.h"

namespace mirrortune {

/// float16 or bfloat16: types whose rounding is coarse beside the changes of finetuning.
inline bool has_16_bits(DType dtype) { return dtype == DType::bfloat16 || dtype == DType::float16; }

/// Distance of neighbouring numbers of a 16-bit type at `size` ≥ 0, also where they are subnormal.
inline double unit_in_last_place(DType dtype, double size) {
  constexpr int kBias = 1023, kMantissaBits = 52;
  const int smallest_exponent = dtype == DType::bfloat16 ? -126 : -14;
  const int bits_after_point = dtype == DType::bfloat16 ? 7 : 10;
  const int exponent = static_cast<int>(std::bit_cast<std::uint64_t>(size) >> kMantissaBits) - kBias;
  const int last_place = std::max(exponent, smallest_exponent) - bits_after_point;
  return std::bit_cast<double>(static_cast<std::uint64_t>(last_place + kBias) << kMantissaBits);
}

/// Whether a 16-bit type has this number.
bool is_exact_in(DType dtype, double value);

/// What lies between `low` and `high` is rounded to one number.
struct RoundingCell {
  double low = 0, high = 0;
};

/// The cell of a number that the 16-bit type has, by magnitude: 0 ≤ low ≤ abs(value) ≤ high.
RoundingCell rounding_cell(DType dtype, double value);

}  // namespace mirrortune
