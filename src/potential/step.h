#pragma once

#include <cmath>
#include <variant>

#include "potential/negative_entropy.h"
#include "potential/p_norm_step.h"
#include "potential/potential.h"

namespace mirrortune {

/// Negative entropy as a step of a loop over weights.
struct NegativeEntropyStep {
  static constexpr bool kMayFail = false;

  template <class T>
  MIRRORTUNE_HD Attempt<T> attempt(T w, T direction, T rate) const {
    return {NegativeEntropy{}.step(w, direction * rate), true};
  }
};

/// Calls `run` with the step of the potential (`TwoNormStep`, `ThreeNormStep`, …), each of a type of its own:
/// a loop in `run` is compiled for each of them, and nothing is decided inside it.
template <class Run>
auto visit_step(const Potential& potential, Run&& run) {
  if (std::holds_alternative<NegativeEntropy>(potential)) return run(NegativeEntropyStep{});
  const double p = std::get<PNorm>(potential).p;
  if (p == 2.0) return run(TwoNormStep{});
  if (p == 3.0) return run(ThreeNormStep{});
  if (p == 1.5) return run(OneAndAHalfNormStep{});
  return run(PowerStep{p - 1.0});
}

/// The parts of a step that do not depend on the potential, rounded as torch.optim.SGD rounds them.
template <class T>
struct Momentum {
  T momentum;        ///< μ
  T gradient_share;  ///< 1 − dampening
  T weight_decay;    ///< λ, coupled

  /// g + λ w.
  MIRRORTUNE_HD T decayed(T gradient, T w) const { return std::fma(w, weight_decay, gradient); }
  /// μ v + (1 − dampening) g.
  MIRRORTUNE_HD T velocity(T gradient, T last_velocity) const {
    return std::fma(gradient, gradient_share, momentum * last_velocity);
  }
  /// g + μ v, the direction of Nesterov's step.
  MIRRORTUNE_HD T nesterov(T gradient, T velocity) const { return std::fma(velocity, momentum, gradient); }
};

}  // namespace mirrortune
