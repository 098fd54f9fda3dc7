#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "potential/host_device.h"

namespace mirrortune {

/// abs(magnitude) with the sign of `sign` (of a zero too).
template <class T>
MIRRORTUNE_HD inline T with_sign(T magnitude, T sign) {
  return std::copysign(magnitude, sign);
}

/// ln(u/v) of two positive numbers, to a few ulp for u near v too, and free of overflow.
template <class T>
MIRRORTUNE_HD inline T log_ratio(T u, T v) {
  return u > v / T(2) && u < v * T(2) ? std::log1p((u - v) / v) : std::log(u) - std::log(v);
}

/// 2ⁿ for −126 ≤ n ≤ 127.
MIRRORTUNE_HD inline float power_of_two(std::int32_t n) {
  const std::uint32_t bits = static_cast<std::uint32_t>(n + 127) << 23;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// expm1(r) for abs(r) ≤ ln(2)/2 to 1 ulp: r + r²·P(r), P the Chebyshev fit to (expm1(r) − r)/r². In pairs
/// (Estrin): a sum from one end would wait for each term before the next.
MIRRORTUNE_HD inline float expm1_reduced(float r) {
  const float square = r * r;
  const float low = std::fma(1.66666672e-1f, r, 0.5f);
  const float middle = std::fma(8.33331048e-3f, r, 4.16664630e-2f);
  const float high = std::fma(1.98910799e-4f, r, 1.39337312e-3f);
  return std::fma(square, std::fma(square, std::fma(square, high, middle), low), r);
}

/// w·eˣ for abs(x) ≤ 60, to 2 ulp where the result is a normal float; x = 0 gives w bit for bit, NaN gives
/// NaN. With x = n ln 2 + r it is 2ⁿ·(w + w·expm1(r)): nothing near 1 is ever subtracted, and there is no
/// branch, so that compilers make vector code of a loop over it.
MIRRORTUNE_HD inline float multiply_by_exp(float w, float x) {
  constexpr float kRound =
      12582912.0f;  // 1.5·2²³: adding it rounds to an integer that stands in the low bits
  const float shifted = std::fma(x, 1.44269504f, kRound);
  const float n = shifted - kRound;
  const float r = std::fma(n, 1.90465430e-9f, std::fma(n, -0.693147182f, x));  // n ln 2 in two parts
  std::uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  const auto exponent = static_cast<std::int32_t>(bits - 0x4B400000u);
  // Half of a growing factor comes after the sum: nothing overflows on the way, and a denormal w is lifted
  // first. The mask is a number and no condition, for which GCC would compute all of this twice.
  const std::int32_t shrinks = (exponent - 1) >> 31;  // −1 for exponent ≤ 0, otherwise 0
  const float scaled = w * power_of_two(exponent - 1 - shrinks);
  return std::fma(scaled, expm1_reduced(r), scaled) * power_of_two(1 + shrinks);
}

MIRRORTUNE_HD inline double multiply_by_exp(double w, double x) {
  return x > -0.5 ? std::fma(w, std::expm1(x), w) : w * std::exp(x);
}

}  // namespace mirrortune
