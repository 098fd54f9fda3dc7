#pragma once

#include <cmath>

#include "potential/attempt.h"
#include "potential/negative_entropy.h"

namespace mirrortune {

/// φ''(w) = min(1, δ/|w|): gradient descent up to the size δ > 0, exponentiated gradient in the tails.
/// Weights may change sign.
struct LogLinear {
  double delta = 0.0;
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = false;

  /// φ(w) = w²/2 inside ±δ, δ²/2 + δ|w| ln(|w|/δ) outside.
  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    const T size = std::fabs(w), d = static_cast<T>(delta);
    return size <= d ? w * w / T(2) : d * (d / T(2) + size * log_ratio(size, d));
  }

  /// φ'(w) = w inside ±δ, sgn(w)·δ(1 + ln(|w|/δ)) outside.
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    const T size = std::fabs(w), d = static_cast<T>(delta);
    return size <= d ? w : with_sign(std::fma(d, log_ratio(size, d), d), w);
  }

  /// The w with φ'(w) = y: y inside ±δ, sgn(y)·δ·exp(|y|/δ − 1) outside; the argument `sign` is not used.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T /*sign*/) const {
    const T size = std::fabs(y), d = static_cast<T>(delta);
    return size <= d ? y : with_sign(d * std::exp((size - d) / d), y);
  }

  /// φ''(w) = min(1, δ/|w|).
  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    const T size = std::fabs(w), d = static_cast<T>(delta);
    return size <= d ? T(1) : d / size;
  }

  /// D(u, v) ≥ 0 without cancellation for u near v: along the pieces of φ from v to u,
  /// D(u, v) = D(u, k) + D(k, v) + (φ'(k) − φ'(v))(u − k) at each knot k = ±δ in between.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    const T d = static_cast<T>(delta), size = std::fabs(v);
    if (size <= d) return bregman_from_inside(u, v);
    if (std::fabs(u) > d && (u < T(0)) == (v < T(0))) return d * NegativeEntropy{}.bregman(u, v);
    const T knot = with_sign(d, v);
    return bregman_from_inside(u, knot) + d * NegativeEntropy{}.bregman(knot, v) +
           d * log_ratio(size, d) * std::fabs(u - knot);
  }

  /// φ'(w⁺) = φ'(w) + dual_increment, stable in T.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    return take_step(*this, w, dual_increment, T(1));
  }

  /// Weights that stay between 0 and ±δ or in their tail, and are moved by less than δ ln(2)/2.
  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    if constexpr (sizeof(T) == sizeof(double)) {
      return retry(w, direction, rate);
    } else {
      const T d = static_cast<T>(delta), inverse = static_cast<T>(1.0 / delta);
      const T size = std::fabs(w);
      const T change = times_sign(direction * rate, w);  // of the dual, positive away from zero
      const T exponent = change * inverse;
      const bool outside = size > d;
      const T moved = choose(outside, std::fma(size, expm1_reduced(exponent), size), size + change);
      const bool stays = outside ^ (bits_of(moved) <= bits_of(d));  // the bits of what is below 0 are larger
      return usable_or_nan(times_sign(moved, w), (std::fabs(exponent) <= kLargestReduced) & stays);
    }
  }
  /// A sum where the shifted dual lies inside ±δ; else an exponential, of w itself if it stays in its tail,
  /// of the knot ±δ if it comes from elsewhere.
  template <class T>
  MIRRORTUNE_HD_INLINE T retry(T w, T direction, T rate) const {
    const T increment = direction * rate;
    const T d = static_cast<T>(delta), inverse = static_cast<T>(1.0 / delta);
    const T size = std::fabs(w);
    const T sign = with_sign(T(1), w);
    const T change = increment * sign;  // of the dual, positive away from zero
    const T ratio = size * inverse;
    const bool outside = size > d;
    const T dual = choose(outside, std::fma(d, log_positive(ratio), d), size);
    const T shifted = dual + change;
    const bool stays = outside & (shifted > d);
    const bool arrives = std::fabs(shifted) > d;
    const T exponent = choose(stays, change, choose(arrives, std::fabs(shifted) - d, T(0))) * inverse;
    const T tail = multiply_by_exp(choose(stays, size, with_sign(d, shifted)), exponent);
    const T moved = choose(arrives, tail, shifted) * sign;
    const bool in_range = (ratio < T(1e36)) & (std::fabs(exponent) < kLargestExponent);
    const bool still = increment == T(0);
    const bool valid = still | in_range;
    return usable_in_float(choose(still, w, moved), valid);
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return attempt_in_double(*this, w, increment);
  }

 private:
  /// D(u, v) for |v| ≤ δ.
  template <class T>
  MIRRORTUNE_HD T bregman_from_inside(T u, T v) const {
    const T d = static_cast<T>(delta);
    if (std::fabs(u) <= d) return (u - v) * (u - v) / T(2);
    const T knot = with_sign(d, u), change = knot - v;
    return d * NegativeEntropy{}.bregman(u, knot) + change * (change / T(2) + (u - knot));
  }
};

}  // namespace mirrortune
