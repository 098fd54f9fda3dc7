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

/// The pairs (initial[i], final_weights[i]) in an order that depends on nothing but them. Radix sort: O(n)
/// for n pairs, whatever they are.
CountedPairs count_pairs(std::span<const std::uint16_t> initial,
                         std::span<const std::uint16_t> final_weights);

}  // namespace mirrortune::detail
