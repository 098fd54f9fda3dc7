#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "models/network.h"

namespace mirrortune {

/// The weight of one layer; `weight` is the network's own tensor, not a copy.
struct LayerWeight {
  std::string name;  ///< "conv1.0.weight"
  torch::Tensor weight;
};

/// The weights whose changes are studied, in the order of the state dict: those of all Conv2d and Linear
/// layers, the head included; of a recurrent network its recurrent matrix alone. Snapshots hold them.
std::vector<LayerWeight> plastic_weights(const Network& network);

/// D: elements of plastic_weights.
std::int64_t num_plastic_weights(const Network& network);

/// ⌊√d⌋ exactly, for d ≥ 0: the number N of images that D weights are finetuned on.
std::int64_t images_sqrt(std::int64_t d);

/// Elements of all parameters, biases and batch-norm included.
std::int64_t num_parameters(const Network& network);

/// One entry of the state dict; `value` is the network's own tensor.
struct StateEntry {
  std::string name;
  torch::Tensor value;
};

/// Parameters and buffers in the order of a Python state dict: module by module, parameters before buffers.
std::vector<StateEntry> state_entries(const Network& network);

/// The kind of a layer as PyTorch names it: "Conv2d", "BatchNorm2d", "Linear", …; "" for a module that is no
/// layer with weights.
std::string layer_kind(const torch::nn::Module& module);

/// A layer with weights, for `models show`.
struct LayerInfo {
  std::string name;                 ///< "conv1.0"
  std::string kind;                 ///< "Conv2d", "BatchNorm2d", "Linear", "GroupNorm", …
  std::vector<std::int64_t> shape;  ///< of its weight; of a recurrent layer's recurrent matrix
};

/// Every layer with a weight, in the order of the state dict.
std::vector<LayerInfo> describe_layers(const Network& network);

}  // namespace mirrortune
