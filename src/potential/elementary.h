#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "potential/host_device.h"

/// Elementary functions in float32 without branches, tables or calls, so that compilers make vector code of a
/// loop over them; explicit fused multiply-adds give scalar and vector code the same bits. Beside each stands
/// its double twin from the standard library, so that a step is written once for both.
namespace mirrortune {

/// abs(magnitude) with the sign of `sign` (of a zero too).
template <class T>
MIRRORTUNE_HD_INLINE T with_sign(T magnitude, T sign) {
  return std::copysign(magnitude, sign);
}

/// ln(u/v) of two positive numbers, to a few ulp for u near v too, and free of overflow.
template <class T>
MIRRORTUNE_HD inline T log_ratio(T u, T v) {
  return u > v / T(2) && u < v * T(2) ? std::log1p((u - v) / v) : std::log(u) - std::log(v);
}

MIRRORTUNE_HD_INLINE std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

MIRRORTUNE_HD_INLINE float float_of(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// condition ? a : b with a mask. Of a condition GCC likes to make two copies of what follows, and vector
/// code then computes both.
MIRRORTUNE_HD_INLINE float choose(bool condition, float a, float b) {
  const std::uint32_t mask = 0u - static_cast<std::uint32_t>(condition);
  return float_of((bits_of(a) & mask) | (bits_of(b) & ~mask));
}

MIRRORTUNE_HD inline double choose(bool condition, double a, double b) { return condition ? a : b; }

/// x·sgn(w), the sign of a zero included: exact, and its own inverse.
MIRRORTUNE_HD_INLINE float times_sign(float x, float w) {
  return float_of(bits_of(x) ^ (bits_of(w) & 0x80000000u));
}

MIRRORTUNE_HD_INLINE double times_sign(double x, double w) { return x * std::copysign(1.0, w); }

/// 2ⁿ for −126 ≤ n ≤ 127.
MIRRORTUNE_HD_INLINE float power_of_two(std::int32_t n) {
  return float_of(static_cast<std::uint32_t>(n + 127) << 23);
}

/// Up to here, in absolute value, arguments of `expm1_reduced` may go: ln(2)/2.
inline constexpr float kLargestReduced = 0.346573591f;

/// expm1(r) for abs(r) ≤ ln(2)/2 to 1 ulp: r + r²·P(r), P the Chebyshev fit to (expm1(r) − r)/r². In pairs
/// (Estrin): a sum from one end would wait for each term before the next.
MIRRORTUNE_HD_INLINE float expm1_reduced(float r) {
  const float square = r * r;
  const float low = std::fma(1.66666672e-1f, r, 0.5f);
  const float middle = std::fma(8.33331048e-3f, r, 4.16664630e-2f);
  const float high = std::fma(1.98910799e-4f, r, 1.39337312e-3f);
  return std::fma(square, std::fma(square, std::fma(square, high, middle), low), r);
}

/// Up to here, in absolute value, exponents of `multiply_by_exp` may go.
inline constexpr float kLargestExponent = 87.0f;

/// 1.5·2²³: adding it rounds to an integer that stands in the low bits.
inline constexpr float kRound = 12582912.0f;

/// x = n ln 2 + r with abs(r) ≤ ln(2)/2, for abs(x) ≤ 87; n as a two's complement.
struct ReducedExponent {
  std::uint32_t n;
  float r;
};
MIRRORTUNE_HD_INLINE ReducedExponent reduced_exponent(float x) {
  const float shifted = std::fma(x, 1.44269504f, kRound);
  const float n = shifted - kRound;
  const float r = std::fma(n, 1.90465430e-9f, std::fma(n, -0.693147182f, x));  // n ln 2 in two parts
  return {bits_of(shifted) - bits_of(kRound), r};
}

/// w·eˣ for abs(x) ≤ 87, to 2 ulp where the result is a normal float; x = 0 gives w bit for bit, NaN gives
/// NaN. With x = n ln 2 + r it is 2ⁿ·(w + w·expm1(r)): nothing near 1 is ever subtracted.
MIRRORTUNE_HD_INLINE float multiply_by_exp(float w, float x) {
  const ReducedExponent reduced = reduced_exponent(x);
  const auto exponent = static_cast<std::int32_t>(reduced.n);
  // Half of a growing factor comes after the sum: nothing overflows on the way, and a denormal w is lifted
  // first. The mask is a number and no condition, for which GCC would compute all of this twice.
  const std::int32_t shrinks = (exponent - 1) >> 31;  // −1 for exponent ≤ 0, otherwise 0
  const float scaled = w * power_of_two(exponent - 1 - shrinks);
  return std::fma(scaled, expm1_reduced(reduced.r), scaled) * power_of_two(1 + shrinks);
}

MIRRORTUNE_HD inline double multiply_by_exp(double w, double x) {
  return x > -0.5 ? std::fma(w, std::expm1(x), w) : w * std::exp(x);
}

/// eˣ for −87 ≤ x ≤ 0, to 1 ulp.
MIRRORTUNE_HD_INLINE float exp_of_negative(float x) {
  const ReducedExponent reduced = reduced_exponent(x);
  const float scale = float_of((reduced.n + 127u) << 23);
  return std::fma(scale, expm1_reduced(reduced.r), scale);
}

MIRRORTUNE_HD inline double exp_of_negative(double x) { return std::exp(x); }

/// expm1(x) for abs(x) ≤ 0.6, to 2 ulp.
MIRRORTUNE_HD_INLINE float expm1_small(float x) {
  const float half = expm1_reduced(0.5f * x);
  return std::fma(half, half, half + half);
}

MIRRORTUNE_HD inline double expm1_small(double x) { return std::expm1(x); }

/// tanh(x) for abs(x) ≤ ½, to 1 ulp.
MIRRORTUNE_HD_INLINE float tanh_small(float x) {
  const float z = x * x;
  const float low = std::fma(0.133329704f, z, -0.333333284f);
  const float high = std::fma(-0.00665357243f, z, 0.0213017035f);
  const float sum = std::fma(z * z, std::fma(z, high, -0.0538999699f), low);
  return std::fma(x * z, sum, x);
}

MIRRORTUNE_HD inline double tanh_small(double x) { return std::tanh(x); }

/// sinh(x) for abs(x) ≤ ¼, to 1 ulp.
MIRRORTUNE_HD_INLINE float sinh_small(float x) {
  const float z = x * x;
  return std::fma(x * z, std::fma(z, std::fma(z, 1.98743801e-4f, 8.33332166e-3f), 0.166666672f), x);
}

MIRRORTUNE_HD inline double sinh_small(double x) { return std::sinh(x); }

/// cosh(x) for abs(x) ≤ ¼, to 1 ulp.
MIRRORTUNE_HD_INLINE float cosh_small(float x) {
  const float z = x * x;
  return std::fma(z, std::fma(z, std::fma(z, 1.39186927e-3f, 0.0416665599f), 0.5f), 1.0f);
}

MIRRORTUNE_HD inline double cosh_small(double x) { return std::cosh(x); }

/// sinh(x) for abs(x) ≤ ½, to 1 ulp.
MIRRORTUNE_HD_INLINE float sinh_up_to_half(float x) {
  const float z = x * x;
  return std::fma(x * z, std::fma(z, std::fma(z, 1.99448841e-4f, 8.33323598e-3f), 0.166666672f), x);
}

/// cosh(x) − 1 for abs(x) ≤ ½, to 3 ulp.
MIRRORTUNE_HD_INLINE float cosh_minus_1_up_to_half(float x) {
  const float z = x * x;
  return z * std::fma(z, std::fma(z, 1.39821961e-3f, 0.0416657925f), 0.5f);
}

/// n ln 2 + ln(1 + f) for √½ − 1 ≤ f ≤ √2 − 1: f − f²/2 + f³·P(f), P the Chebyshev fit.
MIRRORTUNE_HD_INLINE float log_of_parts(float n, float f) {
  const float square = f * f;
  const float p01 = std::fma(-0.250008196f, f, 0.333333313f);
  const float p23 = std::fma(-0.166233569f, f, 0.200012266f);
  const float p45 = std::fma(-0.131601825f, f, 0.142017588f);
  const float p67 = std::fma(-0.0763449296f, f, 0.12761575f);
  const float low = std::fma(square, p23, p01), high = std::fma(square, p67, p45);
  const float polynomial = std::fma(square * square, high, low);
  return std::fma(n, 0.693147182f, std::fma(square, std::fma(f, polynomial, -0.5f), f));
}

/// x = 2ⁿ(1 + f) of a positive normal float, √½ − 1 ≤ f ≤ √2 − 1.
struct SplitFloat {
  std::int32_t n;
  float f;
};
MIRRORTUNE_HD_INLINE SplitFloat split_float(float x) {
  const std::uint32_t offset = bits_of(x) - 0x3F3504F3u;  // the bits of √½
  const auto n = static_cast<std::int32_t>(offset) >> 23;
  return {n, float_of(bits_of(x) - (static_cast<std::uint32_t>(n) << 23)) - 1.0f};
}

/// ln x of a positive normal float, to 2 ulp. Any other x gives a number without meaning, which the caller
/// does not use.
MIRRORTUNE_HD_INLINE float log_positive(float x) {
  const SplitFloat parts = split_float(x);
  return log_of_parts(static_cast<float>(parts.n), parts.f);
}

MIRRORTUNE_HD inline double log_positive(double x) { return std::log(x); }

/// log₂ x of a positive normal float, to 3e-7 of itself; the error is larger than that of `log_positive`, the
/// work less. Any other x gives a number without meaning.
MIRRORTUNE_HD_INLINE float rough_log2(float x) {
  const auto [n, f] = split_float(x);
  const float square = f * f;
  const float p01 = std::fma(-0.721352756f, f, 1.4426949f);
  const float p23 = std::fma(-0.360241979f, f, 0.48092404f);
  const float p45 = std::fma(-0.24882181f, f, 0.287075609f);
  const float p67 = std::fma(-0.146203533f, f, 0.23420985f);
  const float low = std::fma(square, p23, p01), high = std::fma(square, p67, p45);
  return std::fma(f, std::fma(square * square, high, low), static_cast<float>(n));
}

/// 2ᵗ for abs(t) ≤ 125, to 3e-7 of itself.
MIRRORTUNE_HD_INLINE float rough_exp2(float t) {
  const float shifted = t + kRound;
  const float r = t - (shifted - kRound), square = r * r;
  const float low = std::fma(0.693147182f, r, 1.0f);
  const float middle = std::fma(0.0555032715f, r, 0.240221068f);
  const float high = std::fma(0.00134004327f, r, 0.00967603736f);
  const float fraction = std::fma(square, std::fma(square, high, middle), low);
  return float_of(bits_of(fraction) + (bits_of(shifted) << 23));
}

/// ln(1 + x) for −1 < x ≤ 1, to 2 ulp.
MIRRORTUNE_HD_INLINE float log1p_up_to_1(float x) {
  const float sum = 1.0f + x;
  const float lost = x - (sum - 1.0f);  // exact, since abs(x) ≤ 1
  const SplitFloat parts = split_float(sum);
  const std::uint32_t shift = static_cast<std::uint32_t>(parts.n) << 23;
  const float f = std::fma(lost, float_of(0x3F800000u - shift), parts.f);
  return log_of_parts(static_cast<float>(parts.n), f);
}

MIRRORTUNE_HD inline double log1p_up_to_1(double x) { return std::log1p(x); }

}  // namespace mirrortune
