#pragma once

#include <cmath>

#include "potential/p_norm_step.h"

namespace mirrortune {

/// φ(w) = Σ |w|^p / p for any p > 1; p = 2 is gradient descent. Weights may change sign. For p < 2 weights
/// near zero hardly move (φ''(0) = ∞), for p > 2 they jump (φ''(0) = 0). Source: Azizan et al. 2021; Pogodin
/// et al. 2024.
struct PNorm {
  double p = 2.0;

  /// φ(w) = |w|^p / p.
  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    return power(std::fabs(w), p) / static_cast<T>(p);
  }

  /// φ'(w) = sgn(w)|w|^(p−1).
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    return with_sign(power(std::fabs(w), p - 1.0), w);
  }

  /// The w with φ'(w) = y; its sign is that of y, the argument `sign` is not used.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T /*sign*/) const {
    return with_sign(power(std::fabs(y), 1.0 / (p - 1.0)), y);
  }

  /// φ''(w) = (p − 1)|w|^(p−2).
  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    return static_cast<T>(p - 1.0) * power(std::fabs(w), p - 2.0);
  }

  /// D(u, v) = φ(u) − φ(v) − φ'(v)(u − v) ≥ 0, without cancellation for u near v.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    const T q = static_cast<T>(p);
    const T size_u = std::fabs(u), size_v = std::fabs(v);
    if (size_v == T(0)) return value(u);
    const T scale = power(size_v, p);
    if ((u < T(0)) != (v < T(0)) || size_u == T(0)) {
      return power(size_u, p) / q + scale * (T(1) - T(1) / q) + power(size_v, p - 1.0) * size_u;
    }
    const T t = log_ratio(size_u, size_v);
    if (q * std::fabs(t) > T(1)) {
      return power(size_u, p) / q - power(size_v, p - 1.0) * size_u + scale * (T(1) - T(1) / q);
    }
    T term = t * t / T(2), weight = q - T(1), sum = T(0);  // Σ (pⁿ⁻¹ − 1) tⁿ/n! from n = 2
    for (int n = 2; n < 20; ++n) {
      sum += weight * term;
      term *= t / T(n + 1);
      weight = weight * q + (q - T(1));
    }
    return scale * sum;
  }

  /// φ'(w⁺) = φ'(w) + dual_increment, stable in float32: never through φ' and its inverse.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    if (p == 2.0) return take_step(TwoNormStep{}, w, dual_increment, T(1));
    if (p == 3.0) return take_step(ThreeNormStep{}, w, dual_increment, T(1));
    if (p == 1.5) return take_step(OneAndAHalfNormStep{}, w, dual_increment, T(1));
    return take_step(PowerStep{p - 1.0}, w, dual_increment, T(1));
  }

 private:
  /// sizeᵉ for size ≥ 0, without pow where products and a square root serve.
  template <class T>
  MIRRORTUNE_HD static T power(T size, double exponent) {
    if (exponent == 0.0) return T(1);
    if (exponent == 1.0) return size;
    if (exponent == 2.0) return size * size;
    if (exponent == 0.5) return std::sqrt(size);
    if (exponent == 1.5) return size * std::sqrt(size);
    return static_cast<T>(std::pow(size, static_cast<T>(exponent)));
  }
};

}  // namespace mirrortune
