#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune {

/// Products that one layer adds up in a forward pass of one input.
struct LayerCost {
  std::string name;  ///< of the module, "conv1.0"
  std::int64_t multiply_adds = 0;
};

/// Of every convolution, linear and recurrent layer for one image of resolution × resolution (a network of
/// rows: for so many rows), in the order in which they first run. A layer used several times counts each
/// time. Images are not computed: a batch of none passes through the network, whose shapes tell all.
std::vector<LayerCost> multiply_adds(std::string_view network, std::int64_t classes, std::int64_t resolution);

}  // namespace mirrortune
