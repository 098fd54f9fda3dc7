#pragma once

#include <array>
#include <cstdint>

#include <torch/torch.h>

#include "models/network.h"

namespace mirrortune {

/// Number of basic blocks in each of the four layers.
struct ResNetShape {
  std::array<int, 4> blocks;
};

/// ResNet of basic blocks (He et al., CVPR 2016, arXiv 1512.03385), module names as torchvision's.
class ResNet : public Network {
 public:
  ResNet(NetworkInfo info, const ResNetShape& shape, std::int64_t classes);
  torch::Tensor forward(torch::Tensor images) override;

 private:
  torch::nn::Conv2d conv1_;
  torch::nn::BatchNorm2d bn1_;
  std::array<torch::nn::Sequential, 4> layers_;
  torch::nn::Linear fc_;
};

}  // namespace mirrortune
