#pragma once

#include <cmath>

#include "optim/step_settings.h"
#include "potential/step.h"

/// The parts of a step that do not depend on the potential, for one weight, on host and device. Everything is
/// rounded as torch.optim's SGD and Adam round it.
namespace mirrortune {

/// From a gradient to the direction of a step, as torch.optim.SGD composes it.
template <class T>
struct DirectionRule {
  T gradient_scale = T(1);  ///< of clipping and of the loss scale
  T weight_decay = T(0);    ///< coupled
  T momentum = T(0);        ///< μ
  T gradient_share = T(1);  ///< 1 − dampening
  T look_ahead = T(0);      ///< μ with Nesterov, else 0

  /// g + λw.
  MIRRORTUNE_HD T gradient(T raw_gradient, T w) const {
    const T scaled = raw_gradient * gradient_scale;
    return weight_decay == T(0) ? scaled : std::fma(w, weight_decay, scaled);
  }
  /// μ v + (1 − dampening) g.
  MIRRORTUNE_HD T velocity(T gradient, T last_velocity) const {
    return std::fma(gradient, gradient_share, momentum * last_velocity);
  }
  /// v, or g + μ v with Nesterov.
  MIRRORTUNE_HD T direction(T gradient, T velocity) const {
    return look_ahead == T(0) ? velocity : std::fma(velocity, look_ahead, gradient);
  }

  /// Whether gradients are taken as they are, and velocities as directions.
  bool is_momentum_alone() const {
    return gradient_scale == T(1) && weight_decay == T(0) && look_ahead == T(0);
  }
};

/// A rule that is momentum alone: the same bits with less work.
template <class T>
struct MomentumRule : DirectionRule<T> {
  T gradient(T raw_gradient, T /*w*/) const { return raw_gradient; }
  T direction(T /*gradient*/, T velocity) const { return velocity; }
};

/// The rule of a group's numbers. `first_velocity`: the velocity holds zeros and v = g, undampened.
template <class T>
MIRRORTUNE_HD DirectionRule<T> direction_rule(const StepNumbers& numbers, double gradient_scale,
                                              bool first_velocity) {
  DirectionRule<T> rule;
  rule.gradient_scale = static_cast<T>(gradient_scale);
  if (numbers.decay == Decay::coupled) rule.weight_decay = static_cast<T>(numbers.weight_decay);
  if (numbers.second_moment > 0.0) {  // Adam's average of gradients, which starts from 0
    rule.momentum = static_cast<T>(numbers.momentum);
    rule.gradient_share = static_cast<T>(1.0 - numbers.momentum);
  } else if (!first_velocity) {
    rule.momentum = static_cast<T>(numbers.momentum);
    rule.gradient_share = static_cast<T>(1.0 - numbers.dampening);
  }
  if (numbers.nesterov) rule.look_ahead = static_cast<T>(numbers.momentum);
  return rule;
}

/// Adam's scaling of a direction by the root of the running mean of g² (Kingma & Ba 2015).
template <class T>
struct SecondMomentRule {
  T keep = T(0);               ///< β₂
  T share = T(1);              ///< 1 − β₂
  T first_correction = T(1);   ///< 1/(1 − β₁ᵗ)
  T second_correction = T(1);  ///< 1/(1 − β₂ᵗ)
  T epsilon = T(0);

  MIRRORTUNE_HD T second_moment(T gradient, T last) const {
    return std::fma(gradient * gradient, share, keep * last);
  }
  MIRRORTUNE_HD T direction(T first_moment, T second_moment) const {
    return first_moment * first_correction / (std::sqrt(second_moment * second_correction) + epsilon);
  }
};

/// The rule at the t-th step, t ≥ 1.
template <class T>
MIRRORTUNE_HD SecondMomentRule<T> second_moment_rule(const StepNumbers& numbers, double t) {
  SecondMomentRule<T> rule;
  rule.keep = static_cast<T>(numbers.second_moment);
  rule.share = static_cast<T>(1.0 - numbers.second_moment);
  rule.first_correction = static_cast<T>(1.0 / (1.0 - std::pow(numbers.momentum, t)));
  rule.second_correction = static_cast<T>(1.0 / (1.0 - std::pow(numbers.second_moment, t)));
  rule.epsilon = static_cast<T>(numbers.epsilon);
  return rule;
}

/// What a Bregman decay adds to the direction: strength·(φ'(w) − φ'(w₀)); 0 where a dual is infinite.
template <class Potential, class T>
MIRRORTUNE_HD inline T bregman_pull(const Potential& potential, T w, T start, T strength) {
  const T pull = strength * (potential.to_dual(w) - potential.to_dual(start));
  return std::isfinite(pull) ? pull : T(0);
}

/// A weight of 0 moved to ±eps, down its gradient; any other weight as it is.
template <class T>
MIRRORTUNE_HD inline T away_from_zero(T w, T direction, T eps) {
  if (w != T(0) || direction == T(0)) return w;
  return direction > T(0) ? -eps : eps;
}

/// Where in its training one tensor is, and how far its gradients and increments are scaled.
struct TensorScales {
  double increment = 1.0;       ///< of the dual increments: 1, or φ''(c) of the rms normalization
  double rate = 1.0;            ///< the part of `increment` that the potential's step leaves to its rate
  double gradient = 1.0;        ///< of the gradients: clipping, and 1/loss scale
  bool first_velocity = false;  ///< v = g
  double step_number = 1.0;     ///< t ≥ 1 of the second moment's corrections
};

/// All rules of a tensor's step but the potential's own, ready as T.
template <class T>
struct WeightRules {
  DirectionRule<T> direction;
  SecondMomentRule<T> second_moment;  ///< without meaning where no second moment is kept
  T rate = T(0);                      ///< of the potential's step: −η times `TensorScales::rate`
  T kept = T(1);                      ///< 1 − ηλ of decoupled decay
  T pull = T(0);                      ///< λ over the scale of the increments, of Bregman decay
  T zero_eps = T(0);                  ///< where a weight of 0 is moved to; 0: it is not
};

template <class T>
MIRRORTUNE_HD WeightRules<T> weight_rules(const StepNumbers& numbers, const TensorScales& scales) {
  WeightRules<T> rules;
  rules.direction = direction_rule<T>(numbers, scales.gradient, scales.first_velocity);
  if (numbers.second_moment > 0.0) {
    rules.second_moment = second_moment_rule<T>(numbers, scales.step_number);
  }
  rules.rate = finite_rate<T>(-numbers.lr * scales.rate);
  if (numbers.decay == Decay::decoupled) {
    rules.kept = static_cast<T>(1.0 - numbers.lr * numbers.weight_decay);
  }
  if (numbers.decay == Decay::bregman) {
    rules.pull = static_cast<T>(numbers.weight_decay / scales.increment);
  }
  if (numbers.zeros == ZeroPolicy::eps) rules.zero_eps = static_cast<T>(numbers.zero_eps);
  return rules;
}

/// What became of a few weights: small integers, which compilers sum in vector code. NaN counts as nothing.
struct WeightCounts {
  int zeros = 0, sign_flips = 0, clamped = 0;

  /// Of a weight stepped by `step`.
  template <class Step, class T>
  MIRRORTUNE_HD_INLINE void add(const Step& step, T before, T after, T increment) {
    zeros += after == T(0) ? 1 : 0;
    if constexpr (Step::kFlips) sign_flips += flips(before, after) ? 1 : 0;
    clamped += clamps(step, before, increment) & !std::isnan(after) ? 1 : 0;
  }
  template <class T>
  MIRRORTUNE_HD_INLINE static bool flips(T before, T after) {
    return (times_sign(after, before) < T(0)) & (before != T(0));  // && would be a branch
  }
};

}  // namespace mirrortune
