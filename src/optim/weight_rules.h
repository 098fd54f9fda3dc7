#pragma once

#include <cmath>

#include "optim/step_settings.h"
#include "potential/host_device.h"

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
  T velocity_part = T(1);   ///< of the direction: μ with Nesterov
  T gradient_part = T(0);   ///< of the direction: 1 with Nesterov

  /// g + λw.
  MIRRORTUNE_HD T gradient(T raw_gradient, T w) const {
    return std::fma(w, weight_decay, raw_gradient * gradient_scale);
  }
  /// μ v + (1 − dampening) g.
  MIRRORTUNE_HD T velocity(T gradient, T last_velocity) const {
    return std::fma(gradient, gradient_share, momentum * last_velocity);
  }
  /// v, or g + μ v with Nesterov.
  MIRRORTUNE_HD T direction(T gradient, T velocity) const {
    return std::fma(velocity, velocity_part, gradient_part * gradient);
  }
};

/// The rule of a group's settings. `first_velocity`: the velocity holds zeros and v = g, undampened.
template <class T>
DirectionRule<T> direction_rule(const StepSettings& settings, double gradient_scale, bool first_velocity) {
  DirectionRule<T> rule;
  rule.gradient_scale = static_cast<T>(gradient_scale);
  if (settings.decay == Decay::coupled) rule.weight_decay = static_cast<T>(settings.weight_decay);
  if (settings.second_moment > 0.0) {  // Adam's average of gradients, which starts from 0
    rule.momentum = static_cast<T>(settings.momentum);
    rule.gradient_share = static_cast<T>(1.0 - settings.momentum);
  } else if (!first_velocity) {
    rule.momentum = static_cast<T>(settings.momentum);
    rule.gradient_share = static_cast<T>(1.0 - settings.dampening);
  }
  if (settings.nesterov) {
    rule.velocity_part = static_cast<T>(settings.momentum);
    rule.gradient_part = T(1);
  }
  return rule;
}

/// Adam's scaling of a direction by the root of the running mean of g² (Kingma & Ba 2015).
template <class T>
struct SecondMomentRule {
  T keep;               ///< β₂
  T share;              ///< 1 − β₂
  T first_correction;   ///< 1/(1 − β₁ᵗ)
  T second_correction;  ///< 1/(1 − β₂ᵗ)
  T epsilon;

  MIRRORTUNE_HD T second_moment(T gradient, T last) const {
    return std::fma(gradient * gradient, share, keep * last);
  }
  MIRRORTUNE_HD T direction(T first_moment, T second_moment) const {
    return first_moment * first_correction / (std::sqrt(second_moment * second_correction) + epsilon);
  }
};

/// The rule at the t-th step, t ≥ 1.
template <class T>
SecondMomentRule<T> second_moment_rule(const StepSettings& settings, double t) {
  return {.keep = static_cast<T>(settings.second_moment),
          .share = static_cast<T>(1.0 - settings.second_moment),
          .first_correction = static_cast<T>(1.0 / (1.0 - std::pow(settings.momentum, t))),
          .second_correction = static_cast<T>(1.0 / (1.0 - std::pow(settings.second_moment, t))),
          .epsilon = static_cast<T>(settings.epsilon)};
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

}  // namespace mirrortune
