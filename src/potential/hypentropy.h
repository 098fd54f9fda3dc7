#pragma once

#include <cmath>

#include "potential/attempt.h"

namespace mirrortune {

/// Hypentropy φ(w) = w·asinh(w/β) − √(w²+β²) + β: exponentiated gradient for weights above β > 0, gradient
/// descent below, finite at 0; weights may change sign. A step is that of a pair of positive weights u± with
/// w = u⁺ − u⁻ and β = 2√(u⁺u⁻). Source: Ghai, Hazan & Singer 2020.
struct Hypentropy {
  double beta = 0.0;
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = true;

  /// φ(w); 0 at w = 0.
  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    return w * (to_dual(w) - w / (radius(w) + static_cast<T>(beta)));
  }

  /// φ'(w) = asinh(w/β).
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    return static_cast<T>(std::asinh(static_cast<double>(w) / beta));
  }

  /// The w with φ'(w) = y: β sinh y; the argument `sign` is not used.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T /*sign*/) const {
    return static_cast<T>(beta * std::sinh(static_cast<double>(y)));
  }

  /// φ''(w) = (w² + β²)^(−1/2).
  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    return T(1) / radius(w);
  }

  /// D(u, v) = u(Δ − sinh Δ) + √(u²+β²)(cosh Δ − 1) with Δ = φ'(u) − φ'(v), without cancellation for u near
  /// v.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    const T radius_u = radius(u), radius_v = radius(v);
    const bool same_sign = (u < T(0)) == (v < T(0));
    const T mixed = u * radius_v + v * radius_u;
    const T change =
        same_sign && mixed != T(0) ? std::asinh((u - v) * ((u + v) / mixed)) : to_dual(u) - to_dual(v);
    if (std::fabs(change) > T(1)) return u * change - radius_u + radius_v;
    T term = change * change * change / T(6), odd = T(0);  // sinh Δ − Δ
    for (int n = 4; n < 20; n += 2) {
      odd += term;
      term *= change * change / T(n * (n + 1));
    }
    const T half = std::sinh(change / T(2));
    return T(2) * radius_u * half * half - u * odd;
  }

  /// φ'(w⁺) = φ'(w) + dual_increment, stable in T: never through φ' and its inverse.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    return take_step(*this, w, dual_increment, T(1));
  }

  /// Increments up to ½ move w by w(cosh δ − 1) + √(w²+β²) sinh δ. It is subtracted with its sign turned: a
  /// difference of zeros keeps that of a weight of −0.
  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    if constexpr (sizeof(T) == sizeof(double)) {
      return retry(w, direction, rate);
    } else {
      const T decrement = direction * -rate;
      const T b = static_cast<T>(beta), floor = b * b;
      const T square = std::fma(w, w, floor);
      const T across = std::sqrt(square) * sinh_up_to_half(decrement);
      const T moved = w - std::fma(-w, cosh_minus_1_up_to_half(decrement), across);
      const T largest = choose(floor > T(1e-34), T(0.5), T(-1));
      return usable_or_nan(moved, (std::fabs(decrement) <= largest) & (square < T(1e34)));
    }
  }
  /// Increments up to ½ move w by 2 sinh(δ/2)(w sinh(δ/2) + √(w²+β²) cosh(δ/2)); larger ones multiply the
  /// larger of u± by an exponential, the product of the two stays β²/4.
  template <class T>
  MIRRORTUNE_HD_INLINE T retry(T w, T direction, T rate) const {
    const T increment = direction * rate;
    const T b = static_cast<T>(beta);
    const T square = std::fma(w, w, b * b);
    const T root = std::sqrt(square);
    const T size = std::fabs(increment);
    const bool small = size <= T(0.5);

    const T half = T(0.5) * increment;
    const T sinh_half = sinh_small(half);
    const T near = std::fma(T(2) * sinh_half, std::fma(w, sinh_half, root * cosh_small(half)), w);

    const T sign = with_sign(T(1), w);
    const T larger = multiply_by_exp(T(0.5) * (root + std::fabs(w)), increment * sign);
    const T far = sign * (larger - b * (b / (T(4) * larger)));

    const bool usable = small | ((size < kLargestExponent) & (larger > T(1e-36)) & (larger < T(1e36)));
    const bool still = increment == T(0);
    const bool valid = still | (is_safe_square(square) & usable);
    return usable_in_float(choose(still, w, choose(small, near, far)), valid);
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return attempt_in_double(*this, w, increment);
  }

 private:
  /// √(w² + β²).
  template <class T>
  MIRRORTUNE_HD T radius(T w) const {
    return static_cast<T>(std::hypot(static_cast<double>(w), beta));
  }
};

}  // namespace mirrortune
