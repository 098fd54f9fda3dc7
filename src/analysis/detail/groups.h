#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/analyze.h"
#include "analysis/layer_pairs.h"

namespace mirrortune::detail {

/// Layers that are pooled in a row of their own.
struct LayerGroup {
  std::string name;                 ///< "block:layer1.0", "kind:depthwise"
  std::vector<std::size_t> layers;  ///< places, rising
};

/// Every layer is in one group; the groups are in the order of their first layers. None for GroupBy::none.
std::vector<LayerGroup> group_layers(const std::vector<LayerPair>& layers, GroupBy by);

/// The path of a tensor's module up to its first part that is a number: "layer1.0" of
/// "layer1.0.conv1.weight", "model.layers.11" of "model.layers.11.mlp.up_proj.weight". Without one its first
/// part: "V2" of "V2.conv1.weight".
std::string block_of(const std::string& tensor);

/// "linear" for two dimensions; with more, "depthwise" if each filter sees one channel ([n, 1, …]), else
/// "conv".
std::string kind_of(const std::vector<std::int64_t>& shape);

}  // namespace mirrortune::detail
