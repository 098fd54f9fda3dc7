#pragma once

#include "potential/elementary.h"

namespace mirrortune {

/// A step in closed form: the new weight, and whether it may be used. If not (a square would under- or
/// overflow, or an operand is NaN) `fallback` gives it. Loops attempt every weight first, as vector code, and
/// then mend the few others.
///
/// Every step tells loops at compile time what need not be looked for: whether an attempt can fail
/// (`kMayFail`), an increment can be clamped (`kClamps`), a weight can change its sign (`kFlips`).
template <class T>
struct Attempt {
  T weight;
  bool valid;
};

/// The step of one weight: φ'(w⁺) = φ'(w) + direction·rate (times the scale of a step that has one).
template <class Step, class T>
MIRRORTUNE_HD inline T take_step(const Step& step, T w, T direction, T rate) {
  const Attempt<T> attempt = step.attempt(w, direction, rate);
  if constexpr (Step::kMayFail) {
    if (!attempt.valid) return step.fallback(w, direction * rate);
  }
  return attempt.weight;
}

/// The fallback of steps whose closed form is within its bound for every float32 in double.
template <class Step, class T>
MIRRORTUNE_HD inline T attempt_in_double(const Step& step, T w, T increment) {
  return static_cast<T>(step.attempt(static_cast<double>(w), static_cast<double>(increment), 1.0).weight);
}

/// Whether x and its neighbours' sums and quotients are far from under- and overflow in float32; not for NaN.
template <class T>
MIRRORTUNE_HD_INLINE bool is_safe_square(T x) {
  return (x > T(1e-34)) & (x < T(1e34));
}

}  // namespace mirrortune
