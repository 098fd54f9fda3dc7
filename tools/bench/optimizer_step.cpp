// Time of one step of mirror descent on ResNet-18's 62 tensors (11.7 million weights) and on tensors far
// larger than the caches, LibTorch's fused SGD, and a copy of memory; optimizer_step.py sets them side by
// side.
#include <functional>
#include <string>
#include <utility>
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

using Shapes = std::vector<std::vector<std::int64_t>>;

/// Parameters of these shapes with gradients.
std::vector<torch::Tensor> parameters_of(const Shapes& shapes, torch::Device device = torch::kCPU) {
  torch::manual_seed(1);
  std::vector<torch::Tensor> parameters;
  for (const auto& shape : shapes) {
    parameters.push_back((torch::rand(shape, device) * 0.1 + 1e-4).requires_grad_(true));
    if (parameters.size() % 2 == 0) parameters.back().detach().mul_(-1);
    parameters.back().mutable_grad() = torch::randn(shape, device) * 1e-3;
  }
  return parameters;
}

/// Makes weights positive for a potential whose domain does not hold both signs.
void fit_domain(const std::vector<torch::Tensor>& parameters, const std::string& potential) {
  if (!potential.starts_with("logistic")) return;
  for (const auto& parameter : parameters) parameter.detach().abs_();
}

/// The bytes that a step moves at the least: gradient read, weight and velocity read and written.
void set_traffic(benchmark::State& state, const std::vector<torch::Tensor>& parameters,
                 int steps_per_iteration = 1) {
  std::int64_t weights = 0;
  for (const auto& parameter : parameters) weights += parameter.numel();
  state.SetBytesProcessed(state.iterations() * steps_per_iteration * weights * 20);
  state.counters["tensors"] = static_cast<double>(parameters.size());
}

constexpr int kStepsPerWait = 20;  ///< on a GPU: its work is queued

/// Far larger than any cache: 100 million weights, 1.2 GB with gradients and velocities.
Shapes large_shapes() { return Shapes(4, {5000, 5000}); }

/// As many tensors as ResNet-18's, of one weight each: what a step costs besides the weights.
Shapes tiny_shapes() { return Shapes(resnet18_shapes().size(), {1}); }

void step(benchmark::State& state, const std::string& potential, const Shapes& shapes) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  const auto parameters = parameters_of(shapes);
  fit_domain(parameters, potential);
  MirrorDescent optimizer(parameters, MirrorDescentOptions(1e-5).momentum(0.9).potential(potential));
  optimizer.step();
  for (auto _ : state) optimizer.step();
  set_traffic(state, parameters);
}

/// LibTorch's own fused step of stochastic gradient descent.
class FusedSgd {
 public:
  explicit FusedSgd(std::vector<torch::Tensor> parameters) : parameters_(std::move(parameters)) {
    for (const auto& parameter : parameters_) {
      gradients_.push_back(parameter.grad());
      velocities_.push_back(parameter.grad().clone());
    }
  }
  void step() const {
    const torch::NoGradGuard no_grad;
    at::_fused_sgd_(parameters_, gradients_, velocities_, /*weight_decay=*/0.0, /*momentum=*/0.9, /*lr=*/1e-5,
                    /*dampening=*/0.0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false);
  }

 private:
  std::vector<torch::Tensor> parameters_, gradients_, velocities_;
};

void fused_sgd(benchmark::State& state, const Shapes& shapes) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  const auto parameters = parameters_of(shapes);
  const FusedSgd optimizer(parameters);
  optimizer.step();
  for (auto _ : state) optimizer.step();
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

/// Work on a GPU, which is waited for every few times, so that small tensors show the launch too; the large
/// ones show the memory.
template <class Work>
void repeat_on_cuda(benchmark::State& state, const Work& work) {
  for (int i = 0; i < 3; ++i) work();
  torch::cuda::synchronize();
  for (auto _ : state) {
    for (int i = 0; i < kStepsPerWait; ++i) work();
    torch::cuda::synchronize();
  }
}

void step_on_cuda(benchmark::State& state, const std::string& potential, const Shapes& shapes) {
  const auto parameters = parameters_of(shapes, torch::kCUDA);
  fit_domain(parameters, potential);
  MirrorDescent optimizer(parameters, MirrorDescentOptions(1e-5).momentum(0.9).potential(potential));
  repeat_on_cuda(state, [&] { optimizer.step(); });
  set_traffic(state, parameters, kStepsPerWait);
}

void fused_sgd_on_cuda(benchmark::State& state, const Shapes& shapes) {
  const auto parameters = parameters_of(shapes, torch::kCUDA);
  const FusedSgd optimizer(parameters);
  repeat_on_cuda(state, [&] { optimizer.step(); });
  set_traffic(state, parameters, kStepsPerWait);
}

void copy_on_cuda(benchmark::State& state) {
  const auto from = torch::rand({250'000'000}, torch::kCUDA);
  const auto to = torch::zeros_like(from);
  repeat_on_cuda(state, [&] { to.copy_(from); });
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
  add("tiny/2-norm", [](benchmark::State& state) { step(state, "2-norm", tiny_shapes()); });
  add("tiny/fused_sgd", [](benchmark::State& state) { fused_sgd(state, tiny_shapes()); });
  add("copy", copy);
  if (!torch::cuda::is_available()) return true;
  add_on_cuda("cuda/step/fused_sgd", [=](benchmark::State& state) { fused_sgd_on_cuda(state, resnet18); });
  add_on_cuda("cuda/large/fused_sgd", [=](benchmark::State& state) { fused_sgd_on_cuda(state, large); });
  add_on_cuda("cuda/copy", copy_on_cuda);
  return true;
}();

}  // namespace
}  // namespace mirrortune

BENCHMARK_MAIN();
