#pragma once

#include <cmath>

#include "potential/attempt.h"
#include "potential/negative_entropy.h"

namespace mirrortune {

/// Binary entropy on 0 < w < M: φ(w) = w ln(w/M) + (M−w) ln(1 − w/M). Weights stay in the domain but for
/// rounding; one that lies at an end stays there.
struct Logistic {
  double max = 0.0;  ///< M
  static constexpr bool kFlips = false;
  static constexpr bool kAttemptFlips = false;

  /// φ(w); 0 at both ends.
  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    const double size = static_cast<double>(w), rest = max - size;
    const double low =
        size == 0.0 ? 0.0 : size * (size < max / 2 ? std::log(size / max) : std::log1p(-rest / max));
    const double high =
        rest == 0.0 ? 0.0 : rest * (size < max / 2 ? std::log1p(-size / max) : std::log(rest / max));
    return static_cast<T>(low + high);
  }

  /// φ'(w) = ln(w/(M−w)); −∞ at 0, +∞ at M.
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    const double size = static_cast<double>(w), rest = max - size;
    return static_cast<T>(size > 0.0 && rest > 0.0 ? log_ratio(size, rest) : std::log(size / rest));
  }

  /// The w with φ'(w) = y: M/(1 + e^(−y)); the argument `sign` is not used.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T /*sign*/) const {
    const double size = std::exp(-std::fabs(static_cast<double>(y)));
    return static_cast<T>(max * ((y < T(0) ? size : 1.0) / (1.0 + size)));
  }

  /// φ''(w) = M/(w(M−w)); +∞ at both ends.
  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    const double size = static_cast<double>(w);
    return static_cast<T>(max / size / (max - size));
  }

  /// D(u, v): the divergences of w and of M − w under negative entropy, without cancellation for u near v.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    const double start = static_cast<double>(v), change = static_cast<double>(u) - start;
    return static_cast<T>(entropy_divergence(start, change) + entropy_divergence(max - start, -change));
  }

  /// φ'(w⁺) = φ'(w) + dual_increment, stable in T.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    return take_step(*this, w, dual_increment, T(1));
  }

  /// With E = expm1 δ, w⁺ = w + w(M−w)E/(M + wE) up to |δ| = ½; beyond, M p/(p + q) with p : q = w e^δ : M−w,
  /// the smaller exponential of the two ways to write it.
  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    const T increment = direction * rate;
    const T limit = static_cast<T>(max);
    const T rest = (limit - w) + static_cast<T>(max - static_cast<double>(limit));  // M − w near M too
    const T size = std::fabs(increment);
    const bool small = size <= T(0.5), grows = increment > T(0);
    const T growth = expm1_small(increment);
    const T decay = exp_of_negative(choose(size < kLargestExponent, -size, T(-kLargestExponent)));
    const T p = choose(grows, w, w * decay), q = choose(grows, rest * decay, rest);
    const T quotient = choose(small, rest, p) / choose(small, std::fma(w, growth, limit), p + q);
    const T moved = std::fma(choose(small, w * growth, limit), quotient, choose(small, w, T(0)));
    const bool still = increment == T(0);
    const bool valid = still | (size < kLargestExponent);
    return usable_or_nan(choose(still, w, moved), valid);
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    const double size = std::fabs(static_cast<double>(increment));
    const double decay = std::exp(-size), rest = max - static_cast<double>(w);
    const double p = increment > T(0) ? static_cast<double>(w) : static_cast<double>(w) * decay;
    const double q = increment > T(0) ? rest * decay : rest;
    return static_cast<T>(max * (p / (p + q)));
  }

  /// 0 < w < M.
  template <class T>
  MIRRORTUNE_HD bool contains(T w) const {
    return w > T(0) && static_cast<double>(w) < max;
  }
};

}  // namespace mirrortune
