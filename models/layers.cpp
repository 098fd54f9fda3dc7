#include "models/layers.h"

#include <cmath>

namespace mirrortune {
namespace {

std::string join_name(const std::string& module, const std::string& entry) {
  return module.empty() ? entry : module + "." + entry;
}

/// The parameter that stands for a module of this kind; a network's only recurrent layer has its recurrent
/// matrix.
const char* main_weight(const std::string& kind) { return kind == "RNN" ? "weight_hh_l0" : "weight"; }

}  // namespace

std::string layer_kind(const torch::nn::Module& module) {
  if (module.as<torch::nn::Conv2d>()) return "Conv2d";
  if (module.as<torch::nn::Linear>()) return "Linear";
  if (module.as<torch::nn::BatchNorm2d>()) return "BatchNorm2d";
  if (module.as<torch::nn::BatchNorm1d>()) return "BatchNorm1d";
  if (module.as<torch::nn::GroupNorm>()) return "GroupNorm";
  if (module.as<torch::nn::RNN>()) return "RNN";
  return "";
}

std::vector<LayerWeight> plastic_weights(const Network& network) {
  const bool recurrent = network.info().kind == NetworkKind::row_classifier;
  std::vector<LayerWeight> weights;
  for (const auto& module : network.named_modules("", /*include_self=*/false)) {
    const std::string kind = layer_kind(*module.value());
    if (recurrent ? kind != "RNN" : kind != "Conv2d" && kind != "Linear") continue;
    const std::string weight = main_weight(kind);
    weights.push_back(
        {module.key() + "." + weight, module.value()->named_parameters(/*recurse=*/false)[weight]});
  }
  return weights;
}

std::int64_t num_plastic_weights(const Network& network) {
  std::int64_t count = 0;
  for (const LayerWeight& layer : plastic_weights(network)) count += layer.weight.numel();
  return count;
}

std::int64_t images_sqrt(std::int64_t d) {
  auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(d)));
  while (root > 0 && root > d / root) --root;
  while (root + 1 <= d / (root + 1)) ++root;
  return root;
}

std::int64_t num_parameters(const Network& network) {
  std::int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  return count;
}

std::vector<StateEntry> state_entries(const Network& network) {
  std::vector<StateEntry> entries;
  const auto add = [&](const std::string& module, const auto& tensors) {
    for (const auto& tensor : tensors) {
      if (tensor.value().defined()) entries.push_back({join_name(module, tensor.key()), tensor.value()});
    }
  };
  for (const auto& module : network.named_modules()) {
    add(module.key(), module.value()->named_parameters(/*recurse=*/false));
    add(module.key(), module.value()->named_buffers(/*recurse=*/false));
  }
  return entries;
}

std::vector<LayerInfo> describe_layers(const Network& network) {
  std::vector<LayerInfo> layers;
  for (const auto& module : network.named_modules("", /*include_self=*/false)) {
    const std::string kind = layer_kind(*module.value());
    if (kind.empty()) continue;
    const auto parameters = module.value()->named_parameters(/*recurse=*/false);
    const auto* weight = parameters.find(main_weight(kind));
    if (weight && weight->defined()) layers.push_back({module.key(), kind, weight->sizes().vec()});
  }
  return layers;
}

}  // namespace mirrortune
