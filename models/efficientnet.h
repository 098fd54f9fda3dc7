#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "models/detail/conv.h"
#include "models/network.h"

namespace mirrortune {

/// How a variant scales the network of Tan & Le.
struct EfficientNetShape {
  double width = 1;      ///< factor of the channels, rounded to multiples of 8
  double depth = 1;      ///< factor of the blocks of a stage, rounded up
  double dropout = 0.2;  ///< before the head
  NormConstants norm = {};
};

/// EfficientNet (Tan & Le, ICML 2019, arXiv 1905.11946): inverted residuals with squeeze-and-excitation and
/// SiLU, module names as torchvision's. Stochastic depth rises linearly to 0.2.
class EfficientNet : public Network {
 public:
  EfficientNet(NetworkInfo info, const EfficientNetShape& shape, std::int64_t classes);
  torch::Tensor forward(torch::Tensor images) override;

 private:
  class ConvNormAct;
  class SqueezeExcitation;
  class Block;
  class Classifier;

  std::vector<std::shared_ptr<Block>> add_blocks(const EfficientNetShape& shape, torch::nn::Module& features);

  std::shared_ptr<ConvNormAct> stem_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<ConvNormAct> last_;
  std::shared_ptr<Classifier> classifier_;
};

}  // namespace mirrortune
