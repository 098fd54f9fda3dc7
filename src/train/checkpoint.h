#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "optim/mirror_descent.h"
#include "train/observer.h"

namespace mirrortune {

/// A training at the end of an epoch: all that is needed to go on with the same bits. The random streams are
/// counter-based, so that their state is the number of epochs done.
struct Checkpoint {
  std::string key = {};  ///< what it belongs to; a training with another key cannot go on from it
  std::vector<EpochMetrics> epochs = {};
  std::int64_t steps = 0;
  StepCounts counts = {};
  std::map<std::string, torch::Tensor> network = {};    ///< state dict
  std::map<std::string, torch::Tensor> optimizer = {};  ///< MirrorDescent::named_state
  std::map<std::string, torch::Tensor> scaler = {};     ///< LossScaler::named_state; empty without one
};

/// One safetensors file, whole or not at all: tensors `network.<name>`, `optimizer.<name>` and
/// `scaler.<name>`, the rest in its metadata.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// None if there is no such file, or if it has another key. Throws WeightsError or DataError if it is
/// corrupt.
std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& path, const std::string& key);

}  // namespace mirrortune
