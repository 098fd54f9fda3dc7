#include "weights/rounding.h"

#include <cmath>

namespace mirrortune {
bool is_exact_in(DType dtype, double value) {
  constexpr double kGreatestHalf = 65504, kGreatestBfloat16 = 0x1.fep127;
  const double size = std::fabs(value);
  if (!std::isfinite(size)) return true;
  if (size > (dtype == DType::bfloat16 ? kGreatestBfloat16 : kGreatestHalf)) return false;
  const double units = size / unit_in_last_place(dtype, size);
  return units == std::trunc(units);
}

RoundingCell rounding_cell(DType dtype, double value) {
  const double size = std::fabs(value);
  if (size == 0) return {0, unit_in_last_place(dtype, 0) / 2};
  return {size - unit_in_last_place(dtype, std::nextafter(size, 0.0)) / 2,
          size + unit_in_last_place(dtype, size) / 2};
}

}  // namespace mirrortune
