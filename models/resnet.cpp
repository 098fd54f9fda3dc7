#include "models/resnet.h"

#include <string>
#include <utility>

#include "models/detail/conv.h"

namespace mirrortune {
namespace {

constexpr std::array<std::int64_t, 4> kChannels = {64, 128, 256, 512};
constexpr std::int64_t kBottleneckWidening = 4;

/// A block's shape: `width` is the channels of its 3×3 convolution.
struct BlockShape {
  std::int64_t in;
  std::int64_t width;
  std::int64_t out;
  std::int64_t stride;
};

/// A 1×1 convolution where the shape changes; else empty.
torch::nn::Sequential shortcut(const BlockShape& shape) {
  if (shape.stride == 1 && shape.in == shape.out) return nullptr;
  return torch::nn::Sequential(conv(shape.in, shape.out, 1, {.stride = shape.stride}), batch_norm(shape.out));
}

class BasicBlock : public torch::nn::Module {
 public:
  explicit BasicBlock(const BlockShape& shape)
      : conv1_(register_module("conv1", conv(shape.in, shape.width, 3, {.stride = shape.stride}))),
        bn1_(register_module("bn1", batch_norm(shape.width))),
        conv2_(register_module("conv2", conv(shape.width, shape.out, 3))),
        bn2_(register_module("bn2", batch_norm(shape.out))),
        downsample_(shortcut(shape)) {
    if (!downsample_.is_empty()) register_module("downsample", downsample_);
  }

  torch::Tensor forward(const torch::Tensor& x) {
    auto y = bn1_->forward(conv1_->forward(x)).relu_();
    y = bn2_->forward(conv2_->forward(y));
    return y.add_(downsample_.is_empty() ? x : downsample_->forward(x)).relu_();
  }

 private:
  Conv conv1_;
  torch::nn::BatchNorm2d bn1_;
  Conv conv2_;
  torch::nn::BatchNorm2d bn2_;
  torch::nn::Sequential downsample_;
};

class Bottleneck : public torch::nn::Module {
 public:
  explicit Bottleneck(const BlockShape& shape)
      : conv1_(register_module("conv1", conv(shape.in, shape.width, 1))),
        bn1_(register_module("bn1", batch_norm(shape.width))),
        conv2_(register_module("conv2", conv(shape.width, shape.width, 3, {.stride = shape.stride}))),
        bn2_(register_module("bn2", batch_norm(shape.width))),
        conv3_(register_module("conv3", conv(shape.width, shape.out, 1))),
        bn3_(register_module("bn3", batch_norm(shape.out))),
        downsample_(shortcut(shape)) {
    if (!downsample_.is_empty()) register_module("downsample", downsample_);
  }

  torch::Tensor forward(const torch::Tensor& x) {
    auto y = bn1_->forward(conv1_->forward(x)).relu_();
    y = bn2_->forward(conv2_->forward(y)).relu_();
    y = bn3_->forward(conv3_->forward(y));
    return y.add_(downsample_.is_empty() ? x : downsample_->forward(x)).relu_();
  }

 private:
  Conv conv1_;
  torch::nn::BatchNorm2d bn1_;
  Conv conv2_;
  torch::nn::BatchNorm2d bn2_;
  Conv conv3_;
  torch::nn::BatchNorm2d bn3_;
  torch::nn::Sequential downsample_;
};

}  // namespace

ResNetTrunk::ResNetTrunk(torch::nn::Module& parent, const ResNetShape& shape)
    : conv1_(parent.register_module("conv1", conv(3, kChannels.front(), 7, {.stride = 2}))),
      bn1_(parent.register_module("bn1", batch_norm(kChannels.front()))),
      features_(kChannels.front()) {
  const bool bottleneck = shape.block == ResNetBlock::bottleneck;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const std::int64_t out = kChannels[l] * (bottleneck ? kBottleneckWidening : 1);
    for (int b = 0; b < shape.blocks[l]; ++b) {
      const BlockShape block{std::exchange(features_, out), kChannels[l], out, l > 0 && b == 0 ? 2 : 1};
      if (bottleneck) {
        layers_[l]->push_back(std::make_shared<Bottleneck>(block));
      } else {
        layers_[l]->push_back(std::make_shared<BasicBlock>(block));
      }
    }
    parent.register_module("layer" + std::to_string(l + 1), layers_[l]);
  }
}

torch::Tensor ResNetTrunk::forward(const torch::Tensor& images) {
  auto x = bn1_->forward(conv1_->forward(images)).relu_();
  x = torch::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (auto& layer : layers_) x = layer->forward(x);
  return spatial_mean(x);
}

ResNet::ResNet(NetworkInfo info, const ResNetShape& shape, std::int64_t classes)
    : Network(std::move(info)),
      trunk_(*this, shape),
      fc_(register_module("fc", torch::nn::Linear(trunk_.features(), classes))) {}

torch::Tensor ResNet::forward(torch::Tensor images) { return fc_->forward(trunk_.forward(images)); }

}  // namespace mirrortune
