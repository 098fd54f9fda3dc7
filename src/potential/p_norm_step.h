#pragma once

#include <cmath>

#include "potential/elementary.h"

namespace mirrortune {

/// The steps below tell loops at compile time what need not be looked for: whether an attempt can fail
/// (`kMayFail`), an increment can be clamped (`kClamps`), a weight can change its sign (`kFlips`).
///
/// A step in closed form: the new weight, and whether it may be used. If not (a square would under- or
/// overflow, or an operand is NaN) `fallback` gives it. Loops attempt every weight first, as vector code, and
/// then mend the few others.
template <class T>
struct Attempt {
  T weight;
  bool valid;
};

/// w⁺ with sgn(w⁺)|w⁺|^λ = sgn(w)|w|^λ + δ for any λ > 0, stable in T: a log-sum of λ ln|w| and ln|δ|, and
/// small changes as w + w·expm1(·). An increment of 0 changes nothing. δ is `increment`·exp(`log_scale`).
template <class T>
MIRRORTUNE_HD inline T step_in_log_domain(T w, T increment, double lambda, double log_scale = 0.0) {
  if (increment == T(0)) return w;
  const T power = static_cast<T>(lambda);
  const T a = power * std::log(std::fabs(w));
  const T b = std::log(std::fabs(increment)) + static_cast<T>(log_scale);
  if (w == T(0)) return with_sign(std::exp(b / power), increment);
  const T gap = b - a;  // ln|δ/φ'(w)|
  const bool same_direction = std::signbit(w) == std::signbit(increment);
  if constexpr (sizeof(T) < sizeof(double)) {
    // Where the increment all but cancels the dual, logarithms in float32 hold too little of the difference.
    if (!same_direction && std::fabs(gap) < T(0.125)) {
      return static_cast<T>(step_in_log_domain<double>(w, increment, lambda, log_scale));
    }
  }
  const T ratio = same_direction ? T(1) : T(-1);
  if (gap > T(0)) {  // the increment is the larger one and gives the sign
    const T excess = std::log1p(ratio * std::exp(-gap));
    const T change = (gap + excess) / power;
    if (same_direction && change < T(0.5)) return std::fma(w, std::expm1(change), w);
    return with_sign(std::exp((b + excess) / power), increment);
  }
  const T excess = std::log1p(ratio * std::exp(gap));
  const T change = excess / power;
  if (std::fabs(change) < T(0.5)) return std::fma(w, std::expm1(change), w);
  return with_sign(std::exp((a + excess) / power), w);
}

/// p = 2, stochastic gradient descent: one fused multiply-add, bit-equal to LibTorch's SGD.
struct TwoNormStep {
  static constexpr bool kMayFail = false;
  static constexpr bool kClamps = false;
  static constexpr bool kFlips = true;

  template <class T>
  MIRRORTUNE_HD Attempt<T> attempt(T w, T direction, T rate) const {
    return {std::fma(direction, rate, w), true};
  }
};

/// p = 3: w⁺ = sgn(y)√|y|, y = w|w| + δ.
struct ThreeNormStep {
  static constexpr bool kMayFail = true;
  static constexpr bool kClamps = false;
  static constexpr bool kFlips = true;

  template <class T>
  MIRRORTUNE_HD Attempt<T> attempt(T w, T direction, T rate) const {
    const T increment = direction * rate;
    const T y = std::fma(w, std::fabs(w), increment);
    const T size = std::fabs(y);
    const T moved = with_sign(std::sqrt(size), y);
    const bool still = increment == T(0);
    return {still ? w : moved, still || (size > T(1e-36) && size < T(1e36))};
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return step_in_log_domain(w, increment, 2.0);
  }
};

/// p = 1.5: w⁺ = y|y|, y = sgn(w)√|w| + δ. As an increment of |w| unless the dual shrinks to less than half;
/// then y is a quotient in which only the difference of |w| and δ² is rounded.
struct OneAndAHalfNormStep {
  static constexpr bool kMayFail = true;
  static constexpr bool kClamps = false;
  static constexpr bool kFlips = true;

  template <class T>
  MIRRORTUNE_HD Attempt<T> attempt(T w, T direction, T rate) const {
    const T sign = with_sign(T(1), w);
    const T size = std::fabs(w);
    const T root = std::sqrt(size);
    const T change = direction * rate * sign;  // of the dual, positive away from zero
    const T near = std::fma(change, root + (root + change), size);
    const T dual = std::fma(-change, change, size) / (root - change);
    const T far = dual * std::fabs(dual);
    const bool in_range = std::fabs(change) < T(1e18) && size < T(1e36);
    return {(change >= T(-0.5) * root ? near : far) * sign, change == T(0) || in_range};
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return step_in_log_domain(w, increment, 0.5);
  }
};

/// Any other p > 1, in the log domain.
struct PowerStep {
  double lambda;           ///< p − 1
  double log_scale = 0.0;  ///< every increment is multiplied by exp(log_scale)
  static constexpr bool kMayFail = false;
  static constexpr bool kClamps = false;
  static constexpr bool kFlips = true;

  template <class T>
  MIRRORTUNE_HD Attempt<T> attempt(T w, T direction, T rate) const {
    return {step_in_log_domain(w, direction * rate, lambda, log_scale), true};
  }
};

/// The step of one weight: φ'(w⁺) = φ'(w) + direction·rate (times the scale of a PowerStep).
template <class Step, class T>
MIRRORTUNE_HD inline T take_step(const Step& step, T w, T direction, T rate) {
  const Attempt<T> attempt = step.attempt(w, direction, rate);
  if constexpr (Step::kMayFail) {
    if (!attempt.valid) return step.fallback(w, direction * rate);
  }
  return attempt.weight;
}

}  // namespace mirrortune
