#pragma once

#include <array>
#include <cstdint>

#include <torch/torch.h>

#include "models/detail/conv.h"
#include "models/network.h"

namespace mirrortune {

/// Two 3×3 convolutions around a shortcut, or 1×1, 3×3 and 1×1 that narrow and widen by four.
enum class ResNetBlock { basic, bottleneck };

struct ResNetShape {
  ResNetBlock block;
  std::array<int, 4> blocks;  ///< in each of the four layers
};

/// A ResNet up to its last pooling, for the networks that put different heads on it: not a module itself, it
/// registers its parts with the module that has it, under torchvision's names.
class ResNetTrunk {
 public:
  ResNetTrunk(torch::nn::Module& parent, const ResNetShape& shape);

  /// Images [N, 3, H, W] → [N, features()].
  torch::Tensor forward(const torch::Tensor& images);
  std::int64_t features() const { return features_; }

 private:
  Conv conv1_;
  torch::nn::BatchNorm2d bn1_;
  std::array<torch::nn::Sequential, 4> layers_;
  std::int64_t features_;
};

/// ResNet (He et al., CVPR 2016, arXiv 1512.03385), module names as torchvision's. As there, a bottleneck has
/// its stride at the 3×3 convolution.
class ResNet : public Network {
 public:
  ResNet(NetworkInfo info, const ResNetShape& shape, std::int64_t classes);
  torch::Tensor forward(torch::Tensor images) override;

 private:
  ResNetTrunk trunk_;
  torch::nn::Linear fc_;
};

}  // namespace mirrortune
