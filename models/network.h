#pragma once

#include <torch/torch.h>

#include "models/registry.h"

namespace mirrortune {

/// An image classifier whose modules carry torchvision's names, so that its state dict loads by name.
class Network : public torch::nn::Module {
 public:
  explicit Network(NetworkInfo info) : info_(std::move(info)) {}

  /// Normalised images [N, 3, H, W] → logits [N, classes]. Batch-norm follows train()/eval().
  virtual torch::Tensor forward(torch::Tensor images) = 0;

  const NetworkInfo& info() const { return info_; }

 private:
  NetworkInfo info_;
};

/// Stores the convolutions' weights in channels_last order, the faster layout on CPU (ShuffleNetV2 x0.5 at
/// 64×64 on two cores: 1.4 ×). Names, shapes and values stay; call it before an optimiser is made, since the
/// tensors are replaced.
void use_channels_last(Network& network);

}  // namespace mirrortune
