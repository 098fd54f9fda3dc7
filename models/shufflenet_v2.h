#pragma once

#include <array>
#include <cstdint>

#include <torch/torch.h>

#include "models/network.h"

namespace mirrortune {

/// Output channels of the stem, of the three stages (even numbers) and of the last convolution.
struct ShuffleNetV2Shape {
  std::int64_t stem;
  std::array<std::int64_t, 3> stages;
  std::int64_t last;
};

/// ShuffleNetV2 (Ma et al., ECCV 2018, arXiv 1807.11164): stages of 4, 8 and 4 units, module names as
/// torchvision's.
class ShuffleNetV2 : public Network {
 public:
  ShuffleNetV2(NetworkInfo info, const ShuffleNetV2Shape& shape, std::int64_t classes);
  torch::Tensor forward(torch::Tensor images) override;

 private:
  torch::nn::Sequential conv1_;
  std::array<torch::nn::Sequential, 3> stages_;
  torch::nn::Sequential conv5_;
  torch::nn::Linear fc_;
};

}  // namespace mirrortune
