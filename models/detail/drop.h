#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <torch/torch.h>

#include "models/network.h"

namespace mirrortune {

/// What is dropped together: single elements (dropout), or whole images of the batch, that is, a block's
/// residual branch for one image (stochastic depth, Huang et al., ECCV 2016).
enum class DropUnit { element, image };

/// Sets units of its input to 0 at random in train mode and divides the others by 1 − rate. Its draws come
/// from the network's DropKey; without one, or in eval mode, the input passes unchanged.
class DropLayer : public torch::nn::Module {
 public:
  /// `rate` is the probability of dropping, in [0, 1); `index` tells the network's layers of one unit apart.
  DropLayer(const Network& network, DropUnit unit, double rate, std::uint64_t index = 0)
      : key_(network.drop_key()), unit_(unit), rate_(rate), index_(index) {}

  torch::Tensor forward(const torch::Tensor& x) const;
  double rate() const { return rate_; }

 private:
  std::shared_ptr<const std::optional<DropKey>> key_;
  DropUnit unit_;
  double rate_;
  std::uint64_t index_;
};

}  // namespace mirrortune
