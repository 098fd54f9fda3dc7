#include "optim/reference_step.h"

#include <cmath>
#include <cstdint>

#include <torch/torch.h>

namespace mirrortune {
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

/// φ'⁻¹(φ'(w) + δ) in float64.
torch::Tensor shifted(const NegativeEntropy&, const torch::Tensor& w, const torch::Tensor& increment) {
  const auto x =
      (increment * w.sign()).clamp(-NegativeEntropy::kLargestIncrement, NegativeEntropy::kLargestIncrement);
  return w * x.exp();
}

torch::Tensor shifted(const PNorm& norm, const torch::Tensor& w, const torch::Tensor& increment) {
  const auto dual = w.sign() * w.abs().pow(norm.p - 1.0) + increment;
  return dual.sign() * dual.abs().pow(1.0 / (norm.p - 1.0));
}

/// The other potentials, weight by weight.
template <class Chosen>
torch::Tensor shifted(const Chosen& potential, const torch::Tensor& w, const torch::Tensor& increment) {
  const auto weights = w.cpu().contiguous(), changes = increment.cpu().contiguous();
  auto moved = torch::empty_like(weights);
  for (std::int64_t i = 0; i < weights.numel(); ++i) {
    const double before = weights.data_ptr<double>()[i];
    const double dual = potential.to_dual(before) + changes.data_ptr<double>()[i];
    moved.data_ptr<double>()[i] = potential.from_dual(dual, before);
  }
  return moved.to(w.device());
}

bool is_two_norm(const Potential& potential) {
  const auto* norm = std::get_if<PNorm>(&potential);
  return norm && norm->p == 2.0;
}

}  // namespace

torch::Tensor reference_step(torch::Tensor weight, const torch::Tensor& gradient, torch::Tensor& velocity,
                             const StepSettings& settings, double scale) {
  const torch::NoGradGuard no_grad;
  const auto direction = direction_of(weight, gradient, velocity, settings);
  const auto increment = (direction * -settings.lr).to(torch::kFloat64) * scale;
  const auto before = weight.clone();
  if (is_two_norm(settings.potential)) {
    weight.add_(direction, -settings.lr * scale);
  } else {
    const auto moved = std::visit(
        [&](const auto& potential) { return shifted(potential, before.to(torch::kFloat64), increment); },
        settings.potential);
    weight.copy_(torch::where(increment == 0, before, moved.to(weight.scalar_type())));
  }
  const bool may_clamp = std::holds_alternative<NegativeEntropy>(settings.potential);
  const auto clamped = may_clamp ? (increment.abs() > NegativeEntropy::kLargestIncrement).sum()
                                 : torch::zeros({}, weight.options().dtype(torch::kInt64));
  return torch::stack({(weight == 0).sum(), (before.sign() * weight.sign() == -1).sum(), clamped});
}

}  // namespace mirrortune
