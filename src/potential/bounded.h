#pragma once

#include <cmath>

#include "potential/attempt.h"
#include "potential/negative_entropy.h"

namespace mirrortune {

/// φ'(w) = atanh(w/M) on |w| < M: φ(w) = w atanh(w/M) + (M/2) ln(1 − w²/M²). Weights may change sign and stay
/// in the domain but for rounding; one that lies at an end stays there.
struct Bounded {
  double max = 0.0;  ///< M
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = true;

  /// φ(w); 0 at w = 0.
  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    return bregman(w, T(0));
  }

  /// φ'(w) = atanh(w/M); ±∞ at ±M.
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    const double size = std::fabs(static_cast<double>(w));
    return with_sign(static_cast<T>(0.5 * std::log1p(2.0 * size / (max - size))), w);
  }

  /// The w with φ'(w) = y: M tanh y; the argument `sign` is not used.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T /*sign*/) const {
    return static_cast<T>(max * std::tanh(static_cast<double>(y)));
  }

  /// φ''(w) = M/(M² − w²); +∞ at ±M.
  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    const double size = std::fabs(static_cast<double>(w));
    return static_cast<T>(max / (max - size) / (max + size));
  }

  /// D(u, v): half the divergences of M + w and of M − w under negative entropy, without cancellation for u
  /// near v.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    const double start = static_cast<double>(v), change = static_cast<double>(u) - start;
    return static_cast<T>(
        0.5 * (entropy_divergence(max + start, change) + entropy_divergence(max - start, -change)));
  }

  /// φ'(w⁺) = φ'(w) + dual_increment, stable in T.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    return take_step(*this, w, dual_increment, T(1));
  }

  /// With P = M + w, Q = M − w: w⁺ = w + P Q T/(M + wT), T = tanh δ, up to |δ| = ½; beyond, M (P − Q)/(P + Q)
  /// once the one that shrinks is multiplied by e^(−2|δ|).
  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    const T increment = direction * rate;
    const T limit = static_cast<T>(max);
    const T lost = static_cast<T>(max - static_cast<double>(limit));
    const T start = std::fabs(w);
    const T sign = with_sign(T(1), w);
    const T change = increment * sign;  // of the dual, positive away from zero
    const T above = (limit + start) + lost, below = (limit - start) + lost;  // M − |w| near M too
    const T size = std::fabs(increment), twice = size + size;
    const bool small = size <= T(0.5), grows = change > T(0);
    const T share = tanh_small(change);
    const T decay = exp_of_negative(choose(twice < kLargestExponent, -twice, T(-kLargestExponent)));
    const T p = choose(grows, above, above * decay), q = choose(grows, below * decay, below);
    const T quotient = choose(small, above, p - q) / choose(small, std::fma(start, share, limit), p + q);
    const T moved =
        std::fma(choose(small, below * share, limit), quotient, choose(small, start, T(0))) * sign;
    const bool still = increment == T(0);
    const bool valid = still | (twice < kLargestExponent);
    return usable_or_nan(choose(still, w, moved), valid);
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    const double change = static_cast<double>(increment * with_sign(T(1), w));
    const double decay = std::exp(-2.0 * std::fabs(change)), start = std::fabs(static_cast<double>(w));
    const double p = (max + start) * (change > 0.0 ? 1.0 : decay);
    const double q = (max - start) * (change > 0.0 ? decay : 1.0);
    return static_cast<T>(max * ((p - q) / (p + q))) * with_sign(T(1), w);
  }

  /// |w| < M.
  template <class T>
  MIRRORTUNE_HD bool contains(T w) const {
    return std::fabs(static_cast<double>(w)) < max;
  }
};

}  // namespace mirrortune
