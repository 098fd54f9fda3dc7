#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <torch/torch.h>

#include "models/network.h"
#include "models/resnet.h"

namespace mirrortune {

/// SimSiam (Chen & He, CVPR 2021, arXiv 2011.10566): an encoder f, which is a ResNet whose head is a
/// projector of three layers, and a predictor h of two. Each linear layer but the predictor's last is
/// followed by a batch-norm, and each of these but the projector's last by ReLU; the projector's last has no
/// scale and shift. Module names are those of the published checkpoints without `module.`: `encoder.conv1`,
/// `encoder.fc.0`, `predictor.3`.
class SimSiam : public Network {
 public:
  SimSiam(NetworkInfo info, const ResNetShape& encoder);

  /// Modules of projector and predictor, separated by commas.
  static std::string heads();

  /// z = f(images): [N, kSimSiamFeatures].
  torch::Tensor encode(const torch::Tensor& images);
  /// p = h(z), of the same shape.
  torch::Tensor predict(const torch::Tensor& z);
  /// p = h(f(images)).
  torch::Tensor forward(torch::Tensor images) override;

 private:
  class Encoder;

  std::shared_ptr<Encoder> encoder_;
  torch::nn::Sequential predictor_;
};

/// Length of z and p.
inline constexpr std::int64_t kSimSiamFeatures = 2048;

}  // namespace mirrortune
