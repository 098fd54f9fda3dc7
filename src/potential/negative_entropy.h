#pragma once

#include <cmath>

#include "potential/attempt.h"

namespace mirrortune {

/// v·(t eᵗ − expm1 t) for u = v eᵗ, without cancellation for small t: u ln(u/v) − u + v.
template <class T>
MIRRORTUNE_HD inline T divergence_at_ratio(T u, T v, T t) {
  if (std::fabs(t) > T(1)) return u * (t - T(1)) + v;
  if (std::fabs(t) > T(0.25)) return v * (t * std::exp(t) - std::expm1(t));
  T term = t * t / T(2), sum = T(0);  // Σ (n−1) tⁿ/n! from n = 2
  for (int n = 2; n < 16; ++n) {
    sum += T(n - 1) * term;
    term *= t / T(n + 1);
  }
  return v * sum;
}

/// The divergence D(v + change, v) of positive weights under negative entropy; for a v that is a difference,
/// whose own change is known better than v + change is. v at v + change = 0.
template <class T>
MIRRORTUNE_HD inline T entropy_divergence(T v, T change) {
  const T u = v + change;
  return u == T(0) ? v : divergence_at_ratio(u, v, std::log1p(change / v));
}

/// Negative entropy φ(w) = Σ |w| ln|w|: exponentiated gradient. A step multiplies the weight, so that its
/// sign never changes and zero stays zero. Source: Kivinen & Warmuth 1997; Pogodin et al. 2024, eq. (EG).
struct NegativeEntropy {
  static constexpr bool kFlips = false;
  static constexpr bool kAttemptFlips = false;
  static constexpr double kLargestIncrement = 30.0;

  /// φ(w); 0 at w = 0.
  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    return w == T(0) ? T(0) : std::fabs(w) * std::log(std::fabs(w));
  }

  /// φ'(w) = sgn(w)(ln|w| + 1); −∞ at +0, +∞ at −0.
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    return to_dual(w, std::log(std::fabs(w)));
  }
  /// The same, for loops that have ln|w| already.
  template <class T>
  MIRRORTUNE_HD_INLINE T to_dual(T w, T log_size) const {
    return times_sign(log_size + T(1), w);
  }

  /// The w with φ'(w) = y and the sign of `sign`, which must not be 0: both signs have such a w.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T sign) const {
    return with_sign(std::exp((sign < T(0) ? -y : y) - T(1)), sign);
  }

  /// φ''(w) = 1/|w|; +∞ at 0.
  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    return T(1) / std::fabs(w);
  }

  /// D(u, v) = φ(u) − φ(v) − φ'(v)(u − v), without cancellation for u near v. D(0, v) = |v|, D(u, 0) = +∞ for
  /// u ≠ 0. Between weights of opposite sign it may be negative: D(−1, 0.1) = −1.20.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    const T size_u = std::fabs(u), size_v = std::fabs(v);
    if (size_u == T(0)) return size_v;
    if (size_v == T(0)) return -std::log(size_v);  // +∞
    if ((u < T(0)) != (v < T(0))) return size_u * (std::log(size_u) + std::log(size_v) + T(1)) + size_v;
    const T t = log_ratio(size_u, size_v);
    return divergence_at_ratio(size_u, size_v, t);
  }

  /// φ'(w⁺) = φ'(w) + dual_increment, as w·exp(sgn(w)·dual_increment); an increment beyond ±30 is taken as
  /// ±30.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    return take_step(*this, w, dual_increment, T(1));
  }

  /// Factors from √½ to √2, as w + w·expm1(·).
  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    if constexpr (sizeof(T) == sizeof(double)) {
      return retry(w, direction, rate);
    } else {
      const T exponent = times_sign(direction * rate, w);
      const T moved = std::fma(w, expm1_reduced(exponent), w);
      return usable_or_nan(moved, std::fabs(exponent) <= kLargestReduced);
    }
  }
  /// Every factor.
  template <class T>
  MIRRORTUNE_HD_INLINE T retry(T w, T direction, T rate) const {
    const T increment = direction * rate;
    const T limited = clamps(w, increment) ? T(kLargestIncrement) : std::fabs(increment);
    return multiply_by_exp(w, with_sign(limited, increment) * with_sign(T(1), w));
  }

  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return retry(w, increment, T(1));  // NaN for NaN only
  }

  /// Whether `step` takes another increment than the one asked for.
  template <class T>
  MIRRORTUNE_HD_INLINE bool clamps(T /*w*/, T dual_increment) const {
    return std::fabs(dual_increment) > T(kLargestIncrement);
  }
};

}  // namespace mirrortune
