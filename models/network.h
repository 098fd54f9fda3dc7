#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <torch/torch.h>

#include "models/registry.h"

namespace mirrortune {

/// What decides the draws of dropout and stochastic depth in one training step: layer l drops as
/// Stream(seed, "dropout", step) or Stream(seed, "stochastic_depth", step) says, whatever was drawn before.
struct DropKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};

/// A network whose modules carry the names of its published weights (torchvision's where it has the network),
/// so that a state dict loads by name.
class Network : public torch::nn::Module {
 public:
  explicit Network(NetworkInfo info) : info_(std::move(info)) {}

  /// Normalised images [N, 3, H, W] (or what info().input says) → logits [N, classes]. Batch-norm follows
  /// train()/eval().
  virtual torch::Tensor forward(torch::Tensor input) = 0;

  const NetworkInfo& info() const { return info_; }

  /// Draws of the next forward passes in train mode. Without a key, as at the start, nothing is dropped.
  void set_drop_key(const std::optional<DropKey>& key) { *drop_key_ = key; }
  /// The key that set_drop_key last gave, for the network's own layers.
  std::shared_ptr<const std::optional<DropKey>> drop_key() const { return drop_key_; }

 private:
  NetworkInfo info_;
  std::shared_ptr<std::optional<DropKey>> drop_key_ = std::make_shared<std::optional<DropKey>>();
};

/// Whether its forward passes in train mode draw what they drop.
bool drops_in_training(const Network& network);

/// Stores the convolutions' weights in channels_last order, the faster layout on CPU (ShuffleNetV2 x0.5 at
/// 64×64 on two cores: 1.4 ×). Names, shapes and values stay; call it before an optimiser is made, since the
/// tensors are replaced.
void use_channels_last(Network& network);

}  // namespace mirrortune
