#include "models/efficientnet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "models/detail/drop.h"
#include "models/detail/efficientnet_stages.h"

namespace mirrortune {
namespace {

constexpr double kStochasticDepth = 0.2;  ///< of a block after the last
constexpr std::int64_t kSqueeze = 4;      ///< channels of a block's input per channel of its excitation
constexpr std::int64_t kLastWidening = 4;

std::int64_t scaled_channels(std::int64_t channels, double width) {
  constexpr std::int64_t kDivisor = 8;
  const double wanted = static_cast<double>(channels) * width;
  auto rounded = static_cast<std::int64_t>(wanted + kDivisor / 2.0) / kDivisor * kDivisor;
  rounded = std::max(rounded, kDivisor);
  return static_cast<double>(rounded) < 0.9 * wanted ? rounded + kDivisor : rounded;
}

int scaled_depth(int blocks, double depth) { return static_cast<int>(std::ceil(blocks * depth)); }

/// An empty module that holds others under numbers, as Python's nn.Sequential names them.
std::shared_ptr<torch::nn::Module> container() { return std::make_shared<torch::nn::Module>(); }

}  // namespace

/// Convolution, batch-norm and SiLU (or none), under the names 0 and 1.
class EfficientNet::ConvNormAct : public torch::nn::Module {
 public:
  enum class Activation { none, silu };

  ConvNormAct(Conv convolution, NormConstants norm, Activation activation)
      : conv_(register_module("0", std::move(convolution))),
        norm_(register_module("1", batch_norm(conv_->options.out_channels(), norm))),
        activation_(activation) {}

  torch::Tensor forward(const torch::Tensor& x) {
    const auto y = norm_->forward(conv_->forward(x));
    return activation_ == Activation::silu ? torch::silu(y) : y;
  }

 private:
  Conv conv_;
  torch::nn::BatchNorm2d norm_;
  Activation activation_;
};

/// Squeeze-and-excitation (Hu et al., CVPR 2018): scales each channel by what the means of all channels say.
class EfficientNet::SqueezeExcitation : public torch::nn::Module {
 public:
  SqueezeExcitation(std::int64_t channels, std::int64_t squeezed)
      : fc1_(register_module("fc1", conv(channels, squeezed, 1, {.bias = true}))),
        fc2_(register_module("fc2", conv(squeezed, channels, 1, {.bias = true}))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    const auto means = x.mean({2, 3}, /*keepdim=*/true);
    return x * torch::sigmoid(fc2_->forward(torch::silu(fc1_->forward(means))));
  }

 private:
  Conv fc1_;
  Conv fc2_;
};

/// Inverted residual: widened by a 1×1 convolution, a depthwise one, excitation, narrowed by a 1×1 one.
class EfficientNet::Block : public torch::nn::Module {
 public:
  Block(const Network& network, const InvertedResidualShape& shape, const BlockPlace& place,
        NormConstants norm)
      : residual_(shape.keeps_shape()) {
    const auto layers = register_module("block", container());
    auto add = [&, count = 0](const auto& module) mutable {
      return layers->register_module(std::to_string(count++), module);
    };
    const std::int64_t wide = shape.in * shape.expand;
    const auto conv_act = [&](const Conv& c, ConvNormAct::Activation activation) {
      return add(std::make_shared<ConvNormAct>(c, norm, activation));
    };
    using enum ConvNormAct::Activation;
    if (shape.expand > 1) expand_ = conv_act(conv(shape.in, wide, 1), silu);
    depthwise_ = conv_act(conv(wide, wide, shape.kernel, {.stride = shape.stride, .groups = wide}), silu);
    excitation_ =
        add(std::make_shared<SqueezeExcitation>(wide, std::max<std::int64_t>(1, shape.in / kSqueeze)));
    project_ = conv_act(conv(wide, shape.out, 1), none);
    drop_ = register_module(
        "stochastic_depth",
        std::make_shared<DropLayer>(network, DropUnit::image, kStochasticDepth * place.share(), place.index));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    const auto wide = depthwise_->forward(expand_ ? expand_->forward(x) : x);
    const auto y = project_->forward(excitation_->forward(wide));
    return residual_ ? drop_->forward(y) + x : y;
  }

 private:
  bool residual_;
  std::shared_ptr<ConvNormAct> expand_;
  std::shared_ptr<ConvNormAct> depthwise_;
  std::shared_ptr<SqueezeExcitation> excitation_;
  std::shared_ptr<ConvNormAct> project_;
  std::shared_ptr<DropLayer> drop_;
};

class EfficientNet::Classifier : public torch::nn::Module {
 public:
  Classifier(const Network& network, double dropout, std::int64_t features, std::int64_t classes)
      : drop_(register_module("0", std::make_shared<DropLayer>(network, DropUnit::element, dropout))),
        linear_(register_module("1", torch::nn::Linear(features, classes))) {}

  torch::Tensor forward(const torch::Tensor& x) { return linear_->forward(drop_->forward(x)); }

 private:
  std::shared_ptr<DropLayer> drop_;
  torch::nn::Linear linear_;
};

std::vector<std::shared_ptr<EfficientNet::Block>> EfficientNet::add_blocks(const EfficientNetShape& shape,
                                                                           torch::nn::Module& features) {
  BlockPlace place{.index = 0, .count = 0};
  for (const auto& stage : kEfficientNetStages) {
    place.count += static_cast<std::uint64_t>(scaled_depth(stage.blocks, shape.depth));
  }
  std::vector<std::shared_ptr<Block>> blocks;
  std::int64_t in = scaled_channels(kEfficientNetStem, shape.width);
  for (std::size_t s = 0; s < kEfficientNetStages.size(); ++s) {
    const auto stage = features.register_module(std::to_string(s + 1), container());
    auto block = kEfficientNetStages[s].block;
    block.out = scaled_channels(block.out, shape.width);
    for (int b = 0; b < scaled_depth(kEfficientNetStages[s].blocks, shape.depth); ++b, ++place.index) {
      block.in = std::exchange(in, block.out);
      blocks.push_back(stage->register_module(std::to_string(b),
                                              std::make_shared<Block>(*this, block, place, shape.norm)));
      block.stride = 1;
    }
  }
  return blocks;
}

EfficientNet::EfficientNet(NetworkInfo info, const EfficientNetShape& shape, std::int64_t classes)
    : Network(std::move(info)) {
  const auto features = register_module("features", container());
  const std::int64_t stem = scaled_channels(kEfficientNetStem, shape.width);
  const std::int64_t narrow = scaled_channels(kEfficientNetStages.back().block.out, shape.width);
  const std::int64_t wide = kLastWidening * narrow;
  using enum ConvNormAct::Activation;
  stem_ = features->register_module(
      "0", std::make_shared<ConvNormAct>(conv(3, stem, 3, {.stride = 2}), shape.norm, silu));
  blocks_ = add_blocks(shape, *features);
  last_ = features->register_module(std::to_string(kEfficientNetStages.size() + 1),
                                    std::make_shared<ConvNormAct>(conv(narrow, wide, 1), shape.norm, silu));
  classifier_ =
      register_module("classifier", std::make_shared<Classifier>(*this, shape.dropout, wide, classes));
}

torch::Tensor EfficientNet::forward(torch::Tensor images) {
  auto x = stem_->forward(images);
  for (const auto& block : blocks_) x = block->forward(x);
  return classifier_->forward(spatial_mean(last_->forward(x)));
}

}  // namespace mirrortune
