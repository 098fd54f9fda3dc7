// Time of one step of mirror descent on ResNet-18's 62 tensors (11.7 million weights) and on tensors far
// larger than the caches, LibTorch's fused SGD, and a copy of memory; optimizer_step.py sets them side by
// side.
#include <functional>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "optim/mirror_descent.h"

namespace mirrortune {
namespace {

void add_convolution(std::vector<std::vector<std::int64_t>>& shapes, std::int64_t inputs,
                     std::int64_t outputs, std::int64_t kernel) {
  shapes.push_back({outputs, inputs, kernel, kernel});
  shapes.push_back({outputs});
  shapes.push_back({outputs});
}

/// Shapes of ResNet-18's parameters: convolutions, each with the scale and shift of its normalisation, and
/// the head.
std::vector<std::vector<std::int64_t>> resnet18_shapes() {
  std::vector<std::vector<std::int64_t>> shapes;
  add_convolution(shapes, 3, 64, 7);
  std::int64_t inputs = 64;
  for (const std::int64_t outputs : {64, 128, 256, 512}) {
    for (const std::int64_t block_inputs : {inputs, outputs}) {
      add_convolution(shapes, block_inputs, outputs, 3);
      add_convolution(shapes, outputs, outputs, 3);
      if (block_inputs != outputs) add_convolution(shapes, block_inputs, outputs, 1);
    }
    inputs = outputs;
  }
  shapes.push_back({1000, 512});
  shapes.push_back({1000});
  return shapes;
}

/// Parameters of these shapes with gradients.
std::vector<torch::Tensor> parameters_of(const std::vector<std::vector<std::int64_t>>& shapes) {
  torch::manual_seed(1);
  std::vector<torch::Tensor> parameters;
  for (const auto& shape : shapes) {
    parameters.push_back((torch::rand(shape) * 0.1 + 1e-4).requires_grad_(true));
    if (parameters.size() % 2 == 0) parameters.back().detach().mul_(-1);
    parameters.back().mutable_grad() = torch::randn(shape) * 1e-3;
  }
  return parameters;
}

/// The bytes that a step moves at the least: gradient read, weight and velocity read and written.
void set_traffic(benchmark::State& state, const std::vector<torch::Tensor>& parameters) {
  std::int64_t weights = 0;
  for (const auto& parameter : parameters) weights += parameter.numel();
  state.SetBytesProcessed(state.iterations() * weights * 20);
  state.counters["tensors"] = static_cast<double>(parameters.size());
}

constexpr int kStepsPerWait = 20;  ///< on a GPU: its work is queued

using Shapes = std::vector<std::vector<std::int64_t>>;

/// Far larger than any cache: 100 million weights, 1.2 GB with gradients and velocities.
Shapes large_shapes() { return Shapes(4, {5000, 5000}); }

void step(benchmark::State& state, const std::string& potential, const Shapes& shapes) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  auto parameters = parameters_of(shapes);
  const torch::NoGradGuard no_grad;
  // Domains that do not hold both signs.
  if (potential.starts_with("logistic")) {
    for (const auto& parameter : parameters) parameter.abs_();
  }
  MirrorDescent optimizer(parameters, MirrorDescentOptions(1e-5).momentum(0.9).potential(potential));
  optimizer.step();
  for (auto _ : state) optimizer.step();
  set_traffic(state, parameters);
}

/// LibTorch's own fused step of stochastic gradient descent.
void fused_sgd(benchmark::State& state, const Shapes& shapes) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  const auto parameters = parameters_of(shapes);
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients, velocities;
  for (const auto& parameter : parameters) {
    gradients.push_back(parameter.grad());
    velocities.push_back(parameter.grad().clone());
  }
  const auto take_step = [&] {
    at::_fused_sgd_(parameters, gradients, velocities, /*weight_decay=*/0.0, /*momentum=*/0.9, /*lr=*/1e-5,
                    /*dampening=*/0.0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false);
  };
  take_step();
  for (auto _ : state) take_step();
  set_traffic(state, parameters);
}

/// A copy of 480 MB: the memory's speed, in bytes read and written.
void copy(benchmark::State& state) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  const auto from = torch::rand({120'000'000});
  const auto to = torch::zeros_like(from);
  for (auto _ : state) to.copy_(from);
  state.SetBytesProcessed(state.iterations() * from.numel() * 8);
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();
}

/// The steps and the copy on a GPU. Each iteration waits for the device, so that small tensors show the
/// launch too; the large ones show the memory.
void step_on_cuda(benchmark::State& state, const std::string& potential, const Shapes& shapes) {
  auto parameters = parameters_of(shapes);
  for (auto& parameter : parameters) {
    const auto gradient = parameter.grad();
    parameter = parameter.detach().cuda().requires_grad_(true);
    if (potential.starts_with("logistic")) parameter.detach().abs_();
    parameter.mutable_grad() = gradient.cuda();
  }
  MirrorDescent optimizer(parameters, MirrorDescentOptions(1e-5).momentum(0.9).potential(potential));
  optimizer.step();
  for (auto _ : state) {
    for (int i = 0; i < kStepsPerWait; ++i) optimizer.step();
    torch::cuda::synchronize();
  }
  std::int64_t weights = 0;
  for (const auto& parameter : parameters) weights += parameter.numel();
  state.SetBytesProcessed(state.iterations() * kStepsPerWait * weights * 20);
}

void copy_on_cuda(benchmark::State& state) {
  const auto from = torch::rand({250'000'000}, torch::kCUDA);
  const auto to = torch::zeros_like(from);
  for (auto _ : state) {
    for (int i = 0; i < kStepsPerWait; ++i) to.copy_(from);
    torch::cuda::synchronize();
  }
  state.SetBytesProcessed(state.iterations() * kStepsPerWait * from.numel() * 8);
}

void add_on_cuda(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->UseRealTime();
}

const bool registered = [] {
  const auto resnet18 = resnet18_shapes(), large = large_shapes();
  for (const std::string potential : {"2-norm", "3-norm", "1.5-norm", "l2_plus_3norm(a=1,b=10)",
                                      "log_linear(delta=0.01)", "negative_entropy", "hypentropy(beta=0.01)",
                                      "1.7-norm", "2.5-norm", "burg", "logistic(max=1)", "bounded(max=1)"}) {
    add("step/" + potential, [=](benchmark::State& state) { step(state, potential, resnet18); });
    add("large/" + potential, [=](benchmark::State& state) { step(state, potential, large); });
    if (!torch::cuda::is_available()) continue;
    add_on_cuda("cuda/step/" + potential,
                [=](benchmark::State& state) { step_on_cuda(state, potential, resnet18); });
    add_on_cuda("cuda/large/" + potential,
                [=](benchmark::State& state) { step_on_cuda(state, potential, large); });
  }
  add("step/fused_sgd", [=](benchmark::State& state) { fused_sgd(state, resnet18); });
  add("large/fused_sgd", [=](benchmark::State& state) { fused_sgd(state, large); });
  add("copy", copy);
  if (torch::cuda::is_available()) add_on_cuda("cuda/copy", copy_on_cuda);
  return true;
}();

}  // namespace
}  // namespace mirrortune

BENCHMARK_MAIN();
