#pragma once

#include <cstdint>
#include <span>

#include "optim/step_settings.h"

namespace mirrortune {

/// One tensor of a fused step: plain memory, all three arrays of `size` floats in one order.
struct TensorStep {
  float* weight;
  const float* gradient;
  float* velocity;      ///< null without momentum
  bool first_velocity;  ///< the velocity holds nothing yet: v = g
  std::int64_t size;
  double scale;  ///< factor of the dual increments: 1, or φ''(c) of the rms normalization
  const StepSettings* settings;
};

/// Steps all tensors in one pass on LibTorch's threads: weights, gradients and velocities are read once,
/// weights and velocities written once. The same bits for any number of threads and on any processor.
StepCounts step_on_cpu(std::span<const TensorStep> tensors);

}  // namespace mirrortune
