#include "models/resnet.h"

#include <string>
#include <utility>

#include "models/detail/conv.h"

namespace mirrortune {
namespace {

constexpr std::array<std::int64_t, 4> kChannels = {64, 128, 256, 512};

/// Two 3×3 convolutions around a shortcut, which is a 1×1 convolution where the shape changes.
class BasicBlock : public torch::nn::Module {
 public:
  BasicBlock(std::int64_t in, std::int64_t out, int stride)
      : conv1_(conv(in, out, 3, {.stride = stride})), bn1_(out), conv2_(conv(out, out, 3)), bn2_(out) {
    register_module("conv1", conv1_);
    register_module("bn1", bn1_);
    register_module("conv2", conv2_);
    register_module("bn2", bn2_);
    if (stride == 1 && in == out) return;
    downsample_ = register_module("downsample", torch::nn::Sequential(conv(in, out, 1, {.stride = stride}),
                                                                      torch::nn::BatchNorm2d(out)));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    auto y = bn1_->forward(conv1_->forward(x)).relu_();
    y = bn2_->forward(conv2_->forward(y));
    return y.add_(downsample_.is_empty() ? x : downsample_->forward(x)).relu_();
  }

 private:
  torch::nn::Conv2d conv1_;
  torch::nn::BatchNorm2d bn1_;
  torch::nn::Conv2d conv2_;
  torch::nn::BatchNorm2d bn2_;
  torch::nn::Sequential downsample_ = nullptr;
};

}  // namespace

ResNet::ResNet(NetworkInfo info, const ResNetShape& shape, std::int64_t classes)
    : Network(std::move(info)),
      conv1_(conv(3, kChannels.front(), 7, {.stride = 2})),
      bn1_(kChannels.front()),
      fc_(kChannels.back(), classes) {
  register_module("conv1", conv1_);
  register_module("bn1", bn1_);
  std::int64_t in = kChannels.front();
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    for (int block = 0; block < shape.blocks[l]; ++block) {
      layers_[l]->push_back(std::make_shared<BasicBlock>(in, kChannels[l], l > 0 && block == 0 ? 2 : 1));
      in = kChannels[l];
    }
    register_module("layer" + std::to_string(l + 1), layers_[l]);
  }
  register_module("fc", fc_);
}

torch::Tensor ResNet::forward(torch::Tensor images) {
  auto x = bn1_->forward(conv1_->forward(images)).relu_();
  x = torch::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (auto& layer : layers_) x = layer->forward(x);
  return fc_->forward(x.mean({2, 3}));
}

}  // namespace mirrortune
