#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mirrortune::detail {

/// Pairs of 16-bit numbers, each of them once.
struct CountedPairs {
  std::vector<std::uint16_t> initial, final_weights;  ///< the bits of the numbers
  std::vector<double> counts;                         ///< how often the pair occurs
};

/// The pairs (initial[i], final_weights[i]), fewer than 2³²: by the bits of the
/// first number, then as they come. O(n).
CountedPairs count_pairs(std::span<const std::uint16_t> initial,
                         std::span<const std::uint16_t> final_weights);

}  // namespace mirrortune::detail
