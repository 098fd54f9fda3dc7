#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

#include "potential/negative_entropy.h"
#include "potential/p_norm_step.h"
#include "potential/potential.h"

namespace mirrortune {

/// Negative entropy as a step of a loop over weights.
struct NegativeEntropyStep {
  static constexpr bool kMayFail = false;
  static constexpr bool kClamps = true;
  static constexpr bool kFlips = false;

  template <class T>
  MIRRORTUNE_HD Attempt<T> attempt(T w, T direction, T rate) const {
    return {NegativeEntropy{}.step(w, direction * rate), true};
  }
  template <class T>
  MIRRORTUNE_HD bool clamps(T /*w*/, T increment) const {
    return NegativeEntropy{}.clamps(increment);
  }
};

/// Calls `run(step, factor)` with the step of the potential (`TwoNormStep`, `ThreeNormStep`, …), each of a
/// type of its own: a loop in `run` is compiled for each of them, and nothing is decided inside it. Dual
/// increments are to be multiplied by `scale` > 0 (1, or φ''(c) of the rms normalization): the rate by
/// `factor`, and the step does the rest, since for large p a scale may be too small for float32.
template <class Run>
auto visit_step(const Potential& potential, double scale, Run&& run) {
  if (std::holds_alternative<NegativeEntropy>(potential)) return run(NegativeEntropyStep{}, scale);
  const double p = std::get<PNorm>(potential).p;
  if (p == 2.0) return run(TwoNormStep{}, scale);
  if (p == 3.0) return run(ThreeNormStep{}, scale);
  if (p == 1.5) return run(OneAndAHalfNormStep{}, scale);
  return run(PowerStep{p - 1.0, std::log(scale)}, 1.0);
}

/// A rate as T, kept finite so that a gradient of 0 moves nothing.
template <class T>
T finite_rate(double rate) {
  const double largest = static_cast<double>(std::numeric_limits<T>::max());
  return static_cast<T>(std::clamp(rate, -largest, largest));
}

}  // namespace mirrortune
