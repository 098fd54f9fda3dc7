#pragma once

#include "optim/weight_rules.h"

namespace mirrortune {

/// What is kept of one weight, read before its step and written after it. A part that the numbers do not ask
/// for has no meaning.
template <class T>
struct WeightState {
  T weight = T(0);
  T velocity = T(0);
  T second_moment = T(0);
  T direction_sum = T(0);
  T plus = T(0), minus = T(0);
};

/// The whole step of one weight, with every option: what device code runs. The CPU's loops take the same
/// rules in stages (detail/cpu_kernel.cpp) and have the same bits. `start` is w₀ of Bregman decay and dual
/// averaging. `kPlain` says at compile time what `numbers.is_plain()` does.
template <bool kPlain, class T, class Chosen, class Step>
MIRRORTUNE_HD inline void step_weight(const StepNumbers& numbers, const WeightRules<T>& rules,
                                      const Chosen& potential, const Step& step, T raw_gradient, T start,
                                      WeightState<T>& state, WeightCounts& counts) {
  const T before = state.weight;
  const T gradient = rules.direction.gradient(raw_gradient, before);
  T direction = gradient;
  if (numbers.momentum != 0.0) {
    state.velocity = rules.direction.velocity(gradient, state.velocity);
    direction = rules.direction.direction(gradient, state.velocity);
  }
  if constexpr (kPlain) {
    state.weight = take_step(step, before, direction, rules.rate);
    counts.add(step, before, state.weight, direction * rules.rate);
    return;
  }
  if (numbers.second_moment != 0.0) {
    state.second_moment = rules.second_moment.second_moment(gradient, state.second_moment);
    direction = rules.second_moment.direction(direction, state.second_moment);
  }
  const auto moved = [&](T from, T along, T rate) {
    const T to = take_step(step, from, along, rate);
    counts.clamped += clamps(step, from, along * rate) & !std::isnan(to) ? 1 : 0;
    return to;
  };
  T from = before;
  switch (numbers.form) {
    case Form::mirror_descent:
      if (rules.zero_eps != T(0)) from = away_from_zero(from, direction, rules.zero_eps);
      from *= rules.kept;
      if (rules.pull != T(0)) direction += bregman_pull(potential, from, start, rules.pull);
      break;
    case Form::dual_averaging:
      state.direction_sum += direction;
      direction = state.direction_sum;
      from = start;
      break;
    case Form::pair:
      from = state.plus;
      break;
  }
  state.weight = moved(from, direction, rules.rate);
  if (numbers.form == Form::pair) {
    state.plus = state.weight;
    state.minus = moved(state.minus, direction, -rules.rate);
    state.weight = state.plus - state.minus;
  }
  if (numbers.zeros == ZeroPolicy::mask && before == T(0)) state.weight = before;
  counts.zeros += state.weight == T(0) ? 1 : 0;
  counts.sign_flips += WeightCounts::flips(before, state.weight) ? 1 : 0;
}

}  // namespace mirrortune
