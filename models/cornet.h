#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <torch/torch.h>

#include "models/detail/conv.h"
#include "models/network.h"

namespace mirrortune {

// CORnet (Kubilius et al., NeurIPS 2019; bioRxiv 408385): four areas named after the ventral stream, V1, V2,
// V4 and IT, and a linear decoder of IT's spatial mean. Module names are those of the published checkpoints
// without `module.`. All shapes follow the input.

/// Spatial mean and linear read-out, `decoder.linear`.
class CORnetDecoder : public torch::nn::Module {
 public:
  CORnetDecoder(std::int64_t features, std::int64_t classes);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::Linear linear_;
};

/// CORnet-Z: each area one convolution, ReLU and max-pooling; no batch-norm.
class CORnetZ : public Network {
 public:
  CORnetZ(NetworkInfo info, std::int64_t classes);
  torch::Tensor forward(torch::Tensor images) override;

 private:
  std::array<Conv, 4> convs_;
  std::shared_ptr<CORnetDecoder> decoder_;
};

/// CORnet-S: V2, V4 and IT apply one bottleneck with a shortcut 2, 4 and 2 times, the first time with stride
/// 2; convolutions are shared over these times, batch-norms are not.
class CORnetS : public Network {
 public:
  CORnetS(NetworkInfo info, std::int64_t classes);
  torch::Tensor forward(torch::Tensor images) override;

 private:
  class V1;
  class Area;

  std::shared_ptr<V1> v1_;
  std::array<std::shared_ptr<Area>, 3> areas_;
  std::shared_ptr<CORnetDecoder> decoder_;
};

/// CORnet-RT: every area keeps a state over five time steps, and at each step sees the output that the area
/// before it had one step earlier (V1: the image), nothing at the first; group-norms instead of batch-norms.
class CORnetRT : public Network {
 public:
  CORnetRT(NetworkInfo info, std::int64_t classes);
  torch::Tensor forward(torch::Tensor images) override;

 private:
  class Area;

  std::array<std::shared_ptr<Area>, 4> areas_;
  std::shared_ptr<CORnetDecoder> decoder_;
};

}  // namespace mirrortune
