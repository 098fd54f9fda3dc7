#include "optim/reference_step.h"

#include <torch/torch.h>

namespace mirrortune::test {
namespace {

torch::Tensor direction_of(const torch::Tensor& weight, torch::Tensor gradient, torch::Tensor& velocity,
                           const StepSettings& settings) {
  if (settings.weight_decay != 0.0) gradient = gradient.add(weight, settings.weight_decay);
  if (settings.momentum == 0.0) return gradient;
  if (!velocity.defined()) {
    velocity = torch::empty_like(weight).copy_(gradient);
  } else {
    velocity.mul_(settings.momentum).add_(gradient, 1.0 - settings.dampening);
  }
  return settings.nesterov ? gradient.add(velocity, settings.momentum) : velocity;
}

}  // namespace

void reference_step(torch::Tensor weight, const torch::Tensor& gradient, torch::Tensor& velocity,
                    const StepSettings& settings, double scale) {
  const torch::NoGradGuard no_grad;
  const auto direction = direction_of(weight, gradient, velocity, settings);
  const auto increment = ((direction * -settings.lr).to(torch::kFloat64) * scale).contiguous();
  const auto moved = weight.to(torch::kFloat64, /*non_blocking=*/false, /*copy=*/true).contiguous();
  double* w = moved.mutable_data_ptr<double>();
  const double* shift = increment.const_data_ptr<double>();
  std::visit(
      [&](const auto& potential) {
        for (std::int64_t i = 0; i < moved.numel(); ++i) {
          if (shift[i] != 0.0 && (w[i] != 0.0 || !zero_is_singular(settings.potential))) {
            w[i] = potential.from_dual(potential.to_dual(w[i]) + shift[i], w[i]);
          }
        }
      },
      settings.potential);
  weight.copy_(moved);
}

}  // namespace mirrortune::test
