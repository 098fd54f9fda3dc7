#pragma once

#include <cmath>
#include <limits>

#include "potential/elementary.h"

namespace mirrortune {

/// A step attempts its closed form first, `attempt(w, direction, rate)`: the new weight, or NaN where the form
/// may not be used (a square would under- or overflow) or an operand is NaN. `fallback(w, increment)` then
/// gives it. Loops attempt every weight, as vector code, and then mend the few others.
///
/// Every step tells loops at compile time what need not be looked for: whether an attempt can fail
/// (`kMayFail`), an increment can be clamped (`kClamps`), a weight can change its sign (`kFlips`).

/// What an attempt returns: its weight if it may be used.
template <class T>
MIRRORTUNE_HD_INLINE T usable_or_nan(T weight, bool usable) {
  return choose(usable, weight, std::numeric_limits<T>::quiet_NaN());
}

/// The same for closed forms that hold wherever double reaches: there they are always used.
MIRRORTUNE_HD_INLINE float usable_in_float(float weight, bool usable) { return usable_or_nan(weight, usable); }
MIRRORTUNE_HD_INLINE double usable_in_float(double weight, bool /*usable*/) { return weight; }

/// The step of one weight: φ'(w⁺) = φ'(w) + direction·rate (times the scale of a step that has one).
template <class Step, class T>
MIRRORTUNE_HD inline T take_step(const Step& step, T w, T direction, T rate) {
  const T moved = step.attempt(w, direction, rate);
  if constexpr (Step::kMayFail) {
    if (std::isnan(moved)) return step.fallback(w, direction * rate);
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
