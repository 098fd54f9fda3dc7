#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "models/layers.h"
#include "models/network.h"
#include "models/options.h"
#include "train/compute.h"

namespace mirrortune {

/// What the trainings of one network start from: the weights file is read, checked and hashed once, every
/// training gets a copy.
class StartingPoint {
 public:
  /// Throws as load_weights.
  explicit StartingPoint(ModelOptions options);

  /// A network of its own with the starting weights, on the device, in train mode. Where the start is random
  /// (no weights file, or a head drawn anew) it is that of `seed`.
  std::shared_ptr<Network> make(std::uint64_t seed, torch::Device device,
                                MemoryLayout layout = MemoryLayout::channels_last) const;

  const NetworkInfo& info() const { return network_->info(); }
  const ModelOptions& options() const { return options_; }
  /// D: weights of all Conv2d and Linear layers.
  std::int64_t num_weights() const { return num_plastic_weights(*network_); }
  /// Of the weights file's bytes; "none" for a random start.
  const std::string& weights_sha256() const { return weights_sha256_; }

 private:
  bool depends_on_seed() const { return options_.weights == "none" || options_.reinit_head; }

  ModelOptions options_;
  std::shared_ptr<Network> network_;
  std::string weights_sha256_;
};

}  // namespace mirrortune
