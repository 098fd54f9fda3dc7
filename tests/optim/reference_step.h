#pragma once

#include <torch/types.h>

#include "optim/step_settings.h"

namespace mirrortune::test {

/// The plain step of one float32 or float64 tensor, deliberately naive: the direction in tensor operations of
/// the tensor's own dtype as torch.optim.SGD composes it, the shift of the dual weight by weight through φ'
/// and its inverse in float64, which keeps what float32 would lose. `velocity` is undefined before the first
/// step with momentum and is then made. `scale` is the factor of the dual increments.
void reference_step(torch::Tensor weight, const torch::Tensor& gradient, torch::Tensor& velocity,
                    const StepSettings& settings, double scale);

}  // namespace mirrortune::test
