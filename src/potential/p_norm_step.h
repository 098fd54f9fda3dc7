#pragma once

#include <cmath>

#include "potential/attempt.h"

namespace mirrortune {

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
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = true;

  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    return std::fma(direction, rate, w);
  }
};

/// p = 3: w⁺ = sgn(y)√|y|, y = w|w| + δ.
struct ThreeNormStep {
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = true;

  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    const T increment = direction * rate;
    const T y = std::fma(w, std::fabs(w), increment);
    const T size = std::fabs(y);
    const T moved = with_sign(std::sqrt(size), y);
    const bool still = increment == T(0);
    return usable_or_nan(choose(still, w, moved), still | ((size > T(1e-36)) & (size < T(1e36))));
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return step_in_log_domain(w, increment, 2.0);
  }
};

/// p = 1.5: w⁺ = y|y|, y = sgn(w)√|w| + δ. As an increment of |w| unless the dual shrinks to less than half;
/// then y is a quotient in which only the difference of |w| and δ² is rounded.
struct OneAndAHalfNormStep {
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = false;

  /// Where the dual shrinks to no less than half.
  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    if constexpr (sizeof(T) == sizeof(double)) {
      return retry(w, direction, rate);
    } else {
      const T size = std::fabs(w);
      const T root = std::sqrt(size);
      const T change = times_sign(direction * rate, w);  // of the dual, positive away from zero
      const T dual = root + change;
      const T moved = std::fma(change, root + dual, size);
      return usable_or_nan(times_sign(moved, w), (dual >= T(0.5) * root) & (dual < T(1e18)));
    }
  }
  /// Every other change of the dual too.
  template <class T>
  MIRRORTUNE_HD_INLINE T retry(T w, T direction, T rate) const {
    const T sign = with_sign(T(1), w);
    const T size = std::fabs(w);
    const T root = std::sqrt(size);
    const T change = direction * rate * sign;  // of the dual, positive away from zero
    const T near = std::fma(change, root + (root + change), size);
    const T dual = std::fma(-change, change, size) / (root - change);
    const T far = dual * std::fabs(dual);
    const T moved = choose(change >= T(-0.5) * root, near, far) * sign;
    const bool in_range = (std::fabs(change) < T(1e18)) & (size < T(1e36));
    return usable_or_nan(moved, (change == T(0)) | in_range);
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return step_in_log_domain(w, increment, 0.5);
  }
};

/// Any other p > 1. In the log domain, with A = ln|φ'(w)| and B = ln|δ| the dual changes by the factor
/// 1 ± e^(B−A) or, where δ is the larger, becomes δ·(1 ± e^(A−B)). As `step_in_log_domain` without a branch.
struct PowerStep {
  double lambda;     ///< p − 1
  double log_scale;  ///< every increment is multiplied by exp(log_scale)
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = false;

  MIRRORTUNE_HD explicit PowerStep(double power, double log_of_scale = 0.0)
      : lambda(power), log_scale(log_of_scale), largest_ratio_(std::fmin(0.25, 0.5 * power)) {
    const double root = 1.0 / power;
    for (int k = 0; k < kTerms; ++k) {
      series_[k] = k == 0 ? root : series_[k - 1] * ((root - k) / (k + 1));
    }
  }

  /// The dual changes by the factor 1 + r, r = δ/φ'(w), with |r| ≤ ¼ and |r|/λ ≤ ½: the weight by
  /// (1 + r)^(1/λ), of which the binomial series gives the difference from 1. r may be rough, since its share
  /// in the weight is small.
  template <class T>
  MIRRORTUNE_HD_INLINE T attempt(T w, T direction, T rate) const {
    if constexpr (sizeof(T) == sizeof(double)) {
      return retry(w, direction, rate);
    } else {
      const T size = std::fabs(w);
      const T exponent =
          std::fma(static_cast<T>(-lambda), rough_log2(size), static_cast<T>(log_scale * 1.4426950408889634));
      const T r = times_sign(direction * rate, w) * rough_exp2(exponent);
      const T moved = std::fma(w, r * series_at(r), w);
      const bool in_range = (size > T(1.2e-38)) & (std::fabs(exponent) < T(125));
      return usable_or_nan(moved, in_range & (std::fabs(r) <= static_cast<T>(largest_ratio_)));
    }
  }
  /// Every ratio that is not near −1, in the log domain.
  template <class T>
  MIRRORTUNE_HD_INLINE T retry(T w, T direction, T rate) const {
    const T increment = direction * rate;
    if constexpr (sizeof(T) == sizeof(double)) {
      return fallback(w, increment);
    } else {
      const T power = static_cast<T>(lambda);
      const T size = std::fabs(w), shift = std::fabs(increment);
      const T a = power * log_positive(size);
      const T b = log_positive(shift) + static_cast<T>(log_scale);
      const T gap = b - a;
      const T distance = std::fabs(gap);
      const bool same_direction = w * with_sign(T(1), increment) > T(0);
      const T smaller = exp_of_negative(choose(distance < kLargestExponent, -distance, -kLargestExponent));
      const T excess = log1p_up_to_1(choose(same_direction, smaller, -smaller));
      const bool takes_over = gap > T(0);  // the increment is the larger one and gives the sign
      const T grown = choose(takes_over, gap, T(0)) + excess;  // of ln|φ'|
      const bool anew = takes_over & (!same_direction | (grown >= T(0.5) * power));
      const T exponent = choose(anew, b + excess, grown) / power;
      const T moved = multiply_by_exp(choose(anew, with_sign(T(1), increment), w), exponent);
      const bool still = increment == T(0);
      const bool normal = (size > T(1.2e-38)) & (shift > T(1.2e-38)) & (size < T(3e38)) & (shift < T(3e38));
      const bool clear = same_direction | (distance >= T(0.125));
      const bool in_range = std::fabs(exponent) < kLargestExponent;
      const bool valid = still | (normal & clear & in_range);
      return usable_or_nan(choose(still, w, moved), valid);
    }
  }
  template <class T>
  MIRRORTUNE_HD T fallback(T w, T increment) const {
    return step_in_log_domain(w, increment, lambda, log_scale);
  }

 private:
  static constexpr int kTerms = 10;

  /// ((1 + r)^(1/λ) − 1)/r, in pairs.
  MIRRORTUNE_HD_INLINE float series_at(float r) const {
    const float square = r * r, fourth = square * square;
    const float low = std::fma(square, pair_at(2, r), pair_at(0, r));
    const float middle = std::fma(square, pair_at(6, r), pair_at(4, r));
    return std::fma(fourth, std::fma(fourth, pair_at(8, r), middle), low);
  }
  MIRRORTUNE_HD_INLINE float pair_at(int k, float r) const {
    return std::fma(static_cast<float>(series_[k + 1]), r, static_cast<float>(series_[k]));
  }

  double largest_ratio_;
  double series_[kTerms];  ///< binomial coefficients of 1/λ; doubles, which no weight of a loop can alias
};

}  // namespace mirrortune
