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

void draw_uniform(Filler& filler, const torch::Tensor& weight, const torch::Tensor& bias) {
  const double bound = 1.0 / std::sqrt(fan_in(weight));
  filler.uniform(weight, bound);
  if (bias.defined()) filler.uniform(bias, bound);
}

void draw_glorot(Filler& filler, const torch::Tensor& weight, torch::Tensor bias) {
  filler.uniform(weight, std::sqrt(6.0 / (fan_in(weight) + fan_out(weight))));
  if (bias.defined()) bias.zero_();
}

void draw_linear(Filler& filler, const torch::nn::LinearImpl& linear, WeightStart start) {
  if (start == WeightStart::uniform_glorot) return draw_glorot(filler, linear.weight, linear.bias);
  draw_uniform(filler, linear.weight, linear.bias);
}

void draw_conv(Filler& filler, torch::nn::Conv2dImpl& conv, WeightStart start) {
  if (start == WeightStart::uniform_glorot) return draw_glorot(filler, conv.weight, conv.bias);
  if (start == WeightStart::uniform_fan_in) return draw_uniform(filler, conv.weight, conv.bias);
  filler.normal(conv.weight, std::sqrt(2.0 / fan_out(conv.weight)));
  if (conv.bias.defined()) conv.bias.zero_();
}

/// All parameters of a recurrent layer share its hidden size as fan-in.
void draw_rnn(Filler& filler, const torch::nn::RNNImpl& rnn) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(rnn.options_base.hidden_size()));
  for (const auto& parameter : rnn.parameters()) filler.uniform(parameter, bound);
}

}  // namespace

void draw_weights(Network& network, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const WeightStart start = network.info().start;
  Filler filler(Stream(seed, "init"));
  for (const auto& module : network.modules(/*include_self=*/false)) {
    if (auto* conv = module->as<torch::nn::Conv2d>()) draw_conv(filler, *conv, start);
    if (auto* linear = module->as<torch::nn::Linear>()) draw_linear(filler, *linear, start);
    if (auto* rnn = module->as<torch::nn::RNN>()) draw_rnn(filler, *rnn);
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) norm->reset_parameters();
    if (auto* norm = module->as<torch::nn::BatchNorm1d>()) norm->reset_parameters();
    if (auto* norm = module->as<torch::nn::GroupNorm>()) norm->reset_parameters();
  }
}

void draw_head(Network& network, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  Filler filler(Stream(seed, "head"));
  const auto head = network.named_modules()[network.info().head];
  draw_linear(filler, *head->as<torch::nn::Linear>(), network.info().start);
}

}  // namespace mirrortune
