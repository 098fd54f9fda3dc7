#pragma once

#include <cmath>

#include "potential/attempt.h"

namespace mirrortune {

/// Burg's entropy φ(w) = −Σ ln|w|: the member λ = −1 of the power family. Weights keep their sign; 0 is
/// outside the domain and stays 0.
struct Burg {
  static constexpr bool kFlips = false;
  static constexpr bool kAttemptFlips = false;
  /// The smallest 1 − δ w of a step: a weight grows at most 1e13-fold.
  static constexpr double kSmallestDenominator = 1e-13;

  /// φ(w) = −ln|w|; +∞ at 0.
  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    return -std::log(std::fabs(w));
  }

  /// φ'(w) = −1/w.
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    return T(-1) / w;
  }

  /// The w with φ'(w) = y: −1/y; the argument `sign` is not used.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T /*sign*/) const {
    return T(-1) / y;
  }

  /// φ''(w) = 1/w².
  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    const T inverse = T(1) / w;
    return inverse * inverse;
  }

  /// D(u, v) = u/v − 1 − ln(u/v), without cancellation for u near v. Between weights of opposite sign, u/v −
  /// 1 − ln|u/v|, which may be negative.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    const T t = log_ratio(std::fabs(u), std::fabs(v));
    if ((u < T(0)) != (v < T(0))) return u / v - T(1) - t;
    if (std::fabs(t) > T(0.5)) return std::expm1(t) - t;
    T term = t * t / T(2), sum = T(0);  // Σ tⁿ/n! from n = 2
    for (int n = 2; n < 18; ++n) {
      sum += term;
      term *= t / T(n + 1);
    }
    return sum;
  }

  /// φ'(w⁺) = φ'(w) + dual_increment, as w/(1 − δ w), the denominator at least 1e-13.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    return take_step(*this, w, dual_increment, T(1));
  }

  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    const T denominator = std::fma(-(direction * rate), w, T(1));
    return usable_or_nan(w / denominator, (denominator >= T(kSmallestDenominator)) & (denominator < T(1e30)));
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    const double start = static_cast<double>(w);
    const double denominator = std::fma(-static_cast<double>(increment), start, 1.0);
    const bool lifted = denominator < kSmallestDenominator;
    return static_cast<T>(start / (lifted ? kSmallestDenominator : denominator));
  }

  /// Whether `step` lifts the denominator 1 − δ w.
  template <class T>
  MIRRORTUNE_HD_INLINE bool clamps(T w, T dual_increment) const {
    return std::fma(-dual_increment, w, T(1)) < T(kSmallestDenominator);
  }

  /// Every finite weight but 0 is in the domain.
  template <class T>
  MIRRORTUNE_HD bool contains(T w) const {
    return std::isfinite(w) && w != T(0);
  }
};

}  // namespace mirrortune
