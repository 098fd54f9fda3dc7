#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/torch.h>

#include "models/detail/conv.h"
#include "models/network.h"

namespace mirrortune {

class DropLayer;

/// EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation and with ReLU6 for SiLU, as Google
/// published it for small devices in 2020. Module names are those of its PyTorch file (`_conv_stem`,
/// `_blocks.0._expand_conv`, `_fc`).
class EfficientNetLite : public Network {
 public:
  EfficientNetLite(NetworkInfo info, std::int64_t classes);
  torch::Tensor forward(torch::Tensor images) override;

 private:
  class Block;

  Conv stem_;
  torch::nn::BatchNorm2d stem_norm_;
  std::vector<std::shared_ptr<Block>> blocks_;
  Conv last_;
  torch::nn::BatchNorm2d last_norm_;
  std::shared_ptr<DropLayer> drop_;
  torch::nn::Linear fc_;
};

}  // namespace mirrortune
