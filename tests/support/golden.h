#pragma once

#include <cmath>
#include <string>

#include <torch/torch.h>

#include "base/json.h"
#include "models/layers.h"
#include "models/made_input.h"
#include "support/paths.h"

namespace mirrortune::test {

/// tests/fixtures/golden/<name>.json; its README defines every number.
inline Json golden(const std::string& name) { return read_json(fixture("golden/" + name + ".json")); }

/// The made weight of one state entry, float64.
inline torch::Tensor made_entry(const StateEntry& entry, std::uint64_t seed) {
  const auto& value = entry.value;
  if (value.dim() == 0) return torch::zeros({}, torch::kFloat64);
  const auto u = made_uniform(entry.name, value.sizes(), seed);
  if (value.dim() >= 2) {
    return u * std::sqrt(6.0 / (static_cast<double>(value.numel()) / static_cast<double>(value.size(0))));
  }
  if (entry.name.ends_with("running_var")) return 1.0 + 0.1 * u.abs();
  if (entry.name.ends_with("weight")) return 1.0 + 0.1 * u;
  return 0.1 * u;
}

/// Gives a network the golden files' weights.
inline void make_weights(Network& network, std::uint64_t seed = kMadeSeed) {
  const torch::NoGradGuard no_grad;
  for (StateEntry& entry : state_entries(network)) entry.value.copy_(made_entry(entry, seed));
}

}  // namespace mirrortune::test
