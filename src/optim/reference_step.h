#pragma once

#include <torch/types.h>

#include "optim/step_settings.h"

namespace mirrortune {

/// The step of one tensor in plain tensor operations, for any device and layout and for float32 and float64:
/// the oracle of the fused steps, and the step wherever there is none. The direction is composed in the
/// tensor's own dtype as torch.optim.SGD composes it; the shift of the dual goes through φ' and its inverse
/// in float64, which keeps what float32 would lose. Beyond the range of float64 (large p with huge or tiny
/// weights) it under- and overflows.
///
/// `velocity` is undefined before the first step with momentum and is then made. `scale` is the factor of the
/// dual increments. Returns the counts of this step as an int64 tensor [zeros, sign flips, clamped] on the
/// tensor's device, so that nothing waits for it.
torch::Tensor reference_step(torch::Tensor weight, const torch::Tensor& gradient, torch::Tensor& velocity,
                             const StepSettings& settings, double scale);

}  // namespace mirrortune
