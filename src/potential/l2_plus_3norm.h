#pragma once

#include <cmath>

#include "potential/attempt.h"
#include "potential/p_norm.h"

namespace mirrortune {

/// φ(w) = a w²/2 + b |w|³/3 with a, b > 0: the 3-norm for weights above a/b, gradient descent below, so that
/// weights near zero do not jump. Weights may change sign.
struct L2Plus3Norm {
  double a = 0.0, b = 0.0;
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = false;

  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    return static_cast<T>(a) * PNorm{2.0}.value(w) + static_cast<T>(b) * PNorm{3.0}.value(w);
  }

  /// φ'(w) = a w + b w|w|.
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    return w * (static_cast<T>(a) + static_cast<T>(b) * std::fabs(w));
  }

  /// The w with φ'(w) = y: 2y/(a + √(a² + 4b|y|)); the argument `sign` is not used.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T /*sign*/) const {
    const double dual = static_cast<double>(y);
    return static_cast<T>(2.0 * dual / (a + std::sqrt(a * a + 4.0 * b * std::fabs(dual))));
  }

  /// φ''(w) = a + 2b|w|.
  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    return static_cast<T>(a) + static_cast<T>(2.0 * b) * std::fabs(w);
  }

  /// D(u, v): the sum of the divergences of the two norms.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    return static_cast<T>(a) * ((u - v) * (u - v) / T(2)) + static_cast<T>(b) * PNorm{3.0}.bregman(u, v);
  }

  /// φ'(w⁺) = φ'(w) + dual_increment, stable in T.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    return take_step(*this, w, dual_increment, T(1));
  }

  /// Weights that keep their sign: |w| grows by 2δ/(φ''(w) + φ''(w⁺)), and φ''(w⁺) ≥ a.
  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    if constexpr (sizeof(T) == sizeof(double)) {
      return retry(w, direction, rate);
    } else {
      const T slope = static_cast<T>(a), twice = static_cast<T>(2.0 * b),
              four_bends = static_cast<T>(4.0 * b);
      const T size = std::fabs(w);
      const T change = times_sign(direction * rate, w);  // of the dual, positive away from zero
      const T curvature = std::fma(twice, size, slope);
      const T square = std::fma(four_bends, change, curvature * curvature);
      const T moved = size + (change + change) / (curvature + std::sqrt(square));
      const T largest = choose(slope > T(1e-17), T(1e34), T(-1));
      return usable_or_nan(times_sign(moved, w), (square >= slope * slope) & (square < largest));
    }
  }
  /// As long as the sign holds, |w| grows by 2δ/(φ''(w) + φ''(w⁺)), since φ''² = a² + 4b|φ'|; else w⁺ is the
  /// inverse of the shifted dual.
  template <class T>
  MIRRORTUNE_HD_INLINE T retry(T w, T direction, T rate) const {
    const T increment = direction * rate;
    const T slope = static_cast<T>(a), bend = static_cast<T>(b), four_bends = static_cast<T>(4.0 * b);
    const T size = std::fabs(w);
    const T sign = with_sign(T(1), w);
    const T change = increment * sign;  // of the dual, positive away from zero
    const T dual = std::fma(size, std::fma(bend, size, slope), change);
    const bool keeps_sign = dual >= T(0);
    const T curvature = std::fma(T(2) * bend, size, slope);
    const T start = choose(keeps_sign, curvature, slope);
    const T shift = choose(keeps_sign, change, dual);
    const T square = std::fma(four_bends, choose(keeps_sign, change, -dual), start * start);
    const T moved = choose(keeps_sign, size, T(0)) + (shift + shift) / (start + std::sqrt(square));
    const bool still = increment == T(0);
    const bool in_range = is_safe_square(square) & (curvature < T(1e17));
    const bool valid = still | in_range;
    return usable_in_float(choose(still, w, moved * sign), valid);
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return attempt_in_double(*this, w, increment);
  }
};

}  // namespace mirrortune
