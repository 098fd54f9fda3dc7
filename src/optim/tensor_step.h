#pragma once

#include <cstdint>

#include "optim/step_settings.h"

namespace mirrortune {

/// How many steps a tensor on a CUDA device has taken, counted in the device's memory: there alone it is
/// known whether a step was skipped.
struct DeviceStepNumbers {
  std::int64_t with_velocity = 0;
  std::int64_t with_second_moment = 0;
};

/// One tensor of a fused step: plain memory, all arrays of `size` elements in one order. A state that the
/// settings do not ask for is null.
template <class T>
struct TensorStep {
  T* weight = nullptr;
  const T* gradient = nullptr;
  std::int64_t size = 0;
  T* velocity = nullptr;         ///< zeros before the first step
  bool first_velocity = false;   ///< v = g
  T* second_moment = nullptr;    ///< zeros before the first step
  std::int64_t step_number = 1;  ///< t ≥ 1 of the second moment's corrections
  const T* start = nullptr;      ///< w₀ of Bregman decay and dual averaging
  T* direction_sum = nullptr;    ///< Σd of dual averaging
  T* plus = nullptr;             ///< u⁺ of the pair form
  T* minus = nullptr;            ///< u⁻
  /// On a CUDA device, where it stands for `first_velocity` and `step_number`.
  DeviceStepNumbers* device_steps = nullptr;
  double scale = 1.0;           ///< factor of the dual increments: 1, or φ''(c) of the rms normalization
  double gradient_scale = 1.0;  ///< factor of the gradients: clipping, and 1/loss scale
  const StepSettings* settings = nullptr;
};

}  // namespace mirrortune
