// Time of one step of mirror descent on ResNet-18's 62 tensors (11.7 million weights); optimizer_step.py sets
// it beside Python.
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

void step(benchmark::State& state, const std::string& potential) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  torch::manual_seed(1);
  std::vector<torch::Tensor> parameters;
  for (const auto& shape : resnet18_shapes()) {
    parameters.push_back((torch::randn(shape) * 0.05).requires_grad_(true));
    parameters.back().mutable_grad() = torch::randn(shape) * 1e-3;
  }
  MirrorDescent optimizer(parameters, MirrorDescentOptions(1e-5).momentum(0.9).potential(potential));
  for (auto _ : state) optimizer.step();
  state.counters["tensors"] = static_cast<double>(parameters.size());
}

const bool registered = [] {
  for (const std::string potential : {"negative_entropy", "2-norm", "3-norm", "1.5-norm", "2.5-norm"}) {
    const auto run = [potential](benchmark::State& state) { step(state, potential); };
    benchmark::RegisterBenchmark(("step/" + potential).c_str(), run)
        ->ArgName("threads")
        ->Arg(1)
        ->Arg(2)
        ->UseRealTime();
  }
  return true;
}();

}  // namespace
}  // namespace mirrortune

BENCHMARK_MAIN();
