#pragma once

#include <cmath>
#include <cstdint>

#include "potential/elementary.h"

namespace mirrortune {

/// A step is taken in up to three ways, each more general and slower than the one before:
/// - `attempt(w, direction, rate)` is the new weight for ordinary small steps, and NaN for all others and
///   for operands that are NaN.
///   In double, where speed does not matter, it is the retry.
/// - `retry(w, direction, rate)`, which some have, is the closed form for steps of every size, and
///   NaN where it may not be used (a square would under- or overflow).
/// - `fallback(w, increment)` always is the new weight.
/// Attempt and retry are free of branches. Loops attempt every weight as vector code and retry the failed
/// ones: as vector code too where they are many, so that large steps cost twice a small one and not more.
///
/// A step has the members that it needs, and loops look at compile time for no other: one without `fallback`
/// never fails, one without `clamps(w, increment)` takes every increment as it is (and an attempt that
/// succeeds always does). `kFlips` says whether a weight can change its sign, `kAttemptFlips` whether it can
/// in an attempt that succeeds.
template <class Step>
inline constexpr bool may_fail = requires(const Step& step) {
  step.fallback(0.0f, 0.0f);
};
template <class Step>
inline constexpr bool has_retry = requires(const Step& step) {
  step.retry(0.0f, 0.0f, 0.0f);
};
template <class Step>
inline constexpr bool may_clamp = requires(const Step& step) {
  step.clamps(0.0f, 0.0f);
};

/// Whether a step takes another increment than the one asked for.
template <class Step, class T>
MIRRORTUNE_HD_INLINE bool clamps(const Step& step, T w, T dual_increment) {
  if constexpr (may_clamp<Step>) {
    return step.clamps(w, dual_increment);
  } else {
    return false;
  }
}

/// What an attempt returns: its weight if it may be used.
template <class T>
MIRRORTUNE_HD_INLINE T usable_or_nan(T weight, bool usable) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return float_of(bits_of(weight) | (static_cast<std::uint32_t>(usable) - 1u));  // all bits set are a NaN
  } else {
    return choose(usable, weight, static_cast<T>(NAN));
  }
}

/// The same for closed forms that hold wherever double reaches: there they are always used.
MIRRORTUNE_HD_INLINE float usable_in_float(float weight, bool usable) {
  return usable_or_nan(weight, usable);
}
MIRRORTUNE_HD_INLINE double usable_in_float(double weight, bool /*usable*/) { return weight; }

/// The step of a weight whose attempt failed.
template <class Step, class T>
MIRRORTUNE_HD_RARE T mend_step(const Step& step, T w, T direction, T rate) {
  if constexpr (has_retry<Step>) {
    const T moved = step.retry(w, direction, rate);
    if (!std::isnan(moved)) return moved;
  }
  return step.fallback(w, direction * rate);
}

/// The step of one weight: φ'(w⁺) = φ'(w) + direction·rate (times the scale of a step that has one).
template <class Step, class T>
MIRRORTUNE_HD inline T take_step(const Step& step, T w, T direction, T rate) {
  const T moved = step.attempt(w, direction, rate);
  if constexpr (may_fail<Step>) {
    if (std::isnan(moved)) return mend_step(step, w, direction, rate);
  }
  return moved;
}

/// The fallback of steps whose closed form is within its bound for every float32 in double.
template <class Step, class T>
MIRRORTUNE_HD inline T attempt_in_double(const Step& step, T w, T increment) {
  return static_cast<T>(step.attempt(static_cast<double>(w), static_cast<double>(increment), 1.0));
}

/// Whether x and its neighbours' sums and quotients are far from under- and overflow in float32; not for NaN.
template <class T>
MIRRORTUNE_HD_INLINE bool is_safe_square(T x) {
  return (x > T(1e-34)) & (x < T(1e34));
}

}  // namespace mirrortune
