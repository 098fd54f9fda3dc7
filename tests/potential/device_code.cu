#include <cstdint>
#include <type_traits>
#include <variant>

#include "potential/step.h"

namespace mirrortune {
namespace {

/// One weight per thread and turn, for every kind of step.
template <class Step>
__global__ void step_weights(Step step, float* weight, const float* direction, float rate,
                             std::int64_t size) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < size;
       i += stride) {
    weight[i] = take_step(step, weight[i], direction[i], rate);
  }
}

/// φ, φ', φ'', the inverse and the divergence of every potential.
template <class Chosen>
__global__ void evaluate(Chosen potential, const double* weight, double* result, std::int64_t size) {
  for (std::int64_t i = threadIdx.x; i + 1 < size; i += blockDim.x) {
    const double w = weight[i];
    result[i] = potential.value(w) + potential.second_derivative(w) + potential.bregman(w, weight[i + 1]) +
                potential.from_dual(potential.to_dual(w), w) + potential.step(w, 0.5);
  }
}

}  // namespace

void launch_step(const Potential& potential, float* weight, const float* direction, std::int64_t size) {
  visit_device_step(potential, /*scale=*/1.0, [&](auto step, double factor) {
    step_weights<<<256, 256>>>(step, weight, direction, finite_rate<float>(factor), size);
  });
}

void launch_evaluate(const Potential& potential, const double* weight, double* result, std::int64_t size) {
  std::visit(
      [&](const auto& chosen) {
        if constexpr (!is_host_only<std::decay_t<decltype(chosen)>>) {
          evaluate<<<1, 256>>>(chosen, weight, result, size);
        }
      },
      potential);
}

}  // namespace mirrortune
