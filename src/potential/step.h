#pragma once

#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include "potential/potential.h"

namespace mirrortune {

/// Calls `run(step, factor)` with the step of the potential (`TwoNormStep`, `Hypentropy`, …), each of a type
/// of its own: a loop in `run` is compiled for each of them, and nothing is decided inside it. Dual
/// increments are to be multiplied by `scale` > 0 (1, or φ''(c) of the rms normalization): the rate by
/// `factor`, and the step does the rest, since for large powers a scale may be too small for float32. Most
/// potentials are their own step.
template <class Chosen, class Run>
auto visit_step_of(const Chosen& potential, double scale, const Run& run) {
  return run(potential, scale);
}
template <class Run>
auto visit_step_of(const PNorm& norm, double scale, const Run& run) {
  if (norm.p == 2.0) return run(TwoNormStep{}, scale);
  if (norm.p == 3.0) return run(ThreeNormStep{}, scale);
  if (norm.p == 1.5) return run(OneAndAHalfNormStep{}, scale);
  return run(PowerStep{norm.p - 1.0, std::log(scale)}, 1.0);
}
template <class Run>
auto visit_step_of(const SmoothPower& power, double scale, const Run& run) {
  if (power.lambda == 0.0) return run(Hypentropy{power.beta}, scale);
  if (power.lambda == 1.0) return run(TwoNormStep{}, scale);
  return run(SmoothPowerStep{power, scale}, 1.0);
}

template <class Run>
auto visit_step(const Potential& potential, double scale, Run&& run) {
  return std::visit([&](const auto& chosen) { return visit_step_of(chosen, scale, run); }, potential);
}

/// `visit_step` for device code: `run` is never compiled for a potential that is for the host only. Throws
/// std::invalid_argument if the potential is one.
template <class Run>
auto visit_device_step(const Potential& potential, double scale, Run&& run) {
  using Result = decltype(run(TwoNormStep{}, scale));
  return std::visit(
      [&](const auto& chosen) -> Result {
        if constexpr (is_host_only<std::decay_t<decltype(chosen)>>) {
          throw std::invalid_argument("the potential '" + to_text(chosen) + "' runs on the CPU only");
        } else {
          return visit_step_of(chosen, scale, run);
        }
      },
      potential);
}

/// The largest finite number of a type; a constant, since device code may not call std::numeric_limits.
template <class T>
inline constexpr T kLargestFinite = std::numeric_limits<T>::max();

/// A rate as T, kept finite so that a gradient of 0 moves nothing.
template <class T>
MIRRORTUNE_HD T finite_rate(double rate) {
  if (rate > kLargestFinite<T>) return kLargestFinite<T>;
  if (rate < -kLargestFinite<T>) return -kLargestFinite<T>;
  return static_cast<T>(rate);
}

}  // namespace mirrortune
