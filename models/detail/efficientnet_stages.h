#pragma once

#include <array>
#include <cstdint>

namespace mirrortune {

/// Channels and convolution of an inverted residual block (Sandler et al., CVPR 2018).
struct InvertedResidualShape {
  std::int64_t expand;  ///< factor of the channels inside the block
  std::int64_t kernel;
  std::int64_t stride;  ///< of the first block of a stage; the others have 1
  std::int64_t in;
  std::int64_t out;

  bool keeps_shape() const { return stride == 1 && in == out; }
};

/// Where a block stands among all blocks of its network, for its stochastic depth.
struct BlockPlace {
  std::uint64_t index;
  std::uint64_t count;

  double share() const { return static_cast<double>(index) / static_cast<double>(count); }
};

struct EfficientNetStage {
  InvertedResidualShape block;  ///< `in` is the channels of the stage before
  int blocks;
};

/// Table 1 of Tan & Le 2019: the network that all variants scale.
inline constexpr std::int64_t kEfficientNetStem = 32;
inline constexpr std::array<EfficientNetStage, 7> kEfficientNetStages = {{
    {{.expand = 1, .kernel = 3, .stride = 1, .in = 32, .out = 16}, 1},
    {{.expand = 6, .kernel = 3, .stride = 2, .in = 16, .out = 24}, 2},
    {{.expand = 6, .kernel = 5, .stride = 2, .in = 24, .out = 40}, 2},
    {{.expand = 6, .kernel = 3, .stride = 2, .in = 40, .out = 80}, 3},
    {{.expand = 6, .kernel = 5, .stride = 1, .in = 80, .out = 112}, 3},
    {{.expand = 6, .kernel = 5, .stride = 2, .in = 112, .out = 192}, 4},
    {{.expand = 6, .kernel = 3, .stride = 1, .in = 192, .out = 320}, 1},
}};

}  // namespace mirrortune
