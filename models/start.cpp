#include "models/detail/start.h"

#include <cmath>
#include <functional>

#include <ATen/Parallel.h>

#include "base/stream.h"
#include "models/load.h"

namespace mirrortune {
namespace {

constexpr std::int64_t kGrain = 4096;  ///< elements that one thread draws at least

/// Fills tensors one after another from one stream; element i takes the next draw in row-major order,
/// whatever the tensor's strides.
class Filler {
 public:
  explicit Filler(Stream stream) : stream_(stream) {}

  void uniform(torch::Tensor target, double bound) {
    fill(target, [=, this](std::uint64_t i) { return bound * (2.0 * stream_.uniform(i) - 1.0); });
  }
  void normal(torch::Tensor target, double sd) {
    fill(target, [=, this](std::uint64_t i) { return sd * stream_.normal(i); });
  }

 private:
  void fill(torch::Tensor& target, const std::function<double(std::uint64_t)>& draw) {
    auto values = torch::empty(target.sizes(), torch::kFloat32);
    auto* out = values.data_ptr<float>();
    at::parallel_for(0, values.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        out[i] = static_cast<float>(draw(used_ + static_cast<std::uint64_t>(i)));
    });
    used_ += static_cast<std::uint64_t>(values.numel());
    target.copy_(values);
  }

  Stream stream_;
  std::uint64_t used_ = 0;
};

/// Elements of one output row: the inputs that one output sums over.
double fan_in(const torch::Tensor& weight) {
  return static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
}

double fan_out(const torch::Tensor& weight) {
  return static_cast<double>(weight.numel()) / static_cast<double>(weight.size(1));
}

void draw_linear(Filler& filler, torch::nn::LinearImpl& linear) {
  const double bound = 1.0 / std::sqrt(fan_in(linear.weight));
  filler.uniform(linear.weight, bound);
  filler.uniform(linear.bias, bound);
}

void draw_conv(Filler& filler, const torch::Tensor& weight, ConvStart start) {
  if (start == ConvStart::normal_fan_out) {
    filler.normal(weight, std::sqrt(2.0 / fan_out(weight)));
  } else {
    filler.uniform(weight, 1.0 / std::sqrt(fan_in(weight)));
  }
}

}  // namespace

void draw_weights(Network& network, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  Filler filler(Stream(seed, "init"));
  for (const auto& module : network.modules(/*include_self=*/false)) {
    if (auto* conv = module->as<torch::nn::Conv2d>())
      draw_conv(filler, conv->weight, network.info().conv_start);
    if (auto* linear = module->as<torch::nn::Linear>()) draw_linear(filler, *linear);
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) norm->reset_parameters();
  }
}

void draw_head(Network& network, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  Filler filler(Stream(seed, "head"));
  const auto head = network.named_modules()[network.info().head];
  draw_linear(filler, *head->as<torch::nn::Linear>());
}

}  // namespace mirrortune
