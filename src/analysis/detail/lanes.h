#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "analysis/detail/vector_code.h"

namespace mirrortune::detail {

/// Σ terms(i) over i = 0 … count − 1, of kSums sums at once: terms(i) is a std::array<double, kSums>. Each
/// sum is made of four that are added at the end, whose additions need not wait for each other.
template <std::size_t kSums, class Terms>
std::array<double, kSums> sums_in_lanes(std::size_t count, Terms terms) {
  return in_vector_code([count, terms] {
    constexpr std::size_t kLanes = 4;
    std::array<std::array<double, kLanes>, kSums> lanes{};
    const std::size_t whole = count / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
      for (std::size_t k = 0; k < kLanes; ++k) {
        const std::array<double, kSums> added = terms(i + k);
        for (std::size_t s = 0; s < kSums; ++s) lanes[s][k] += added[s];
      }
    }
    for (std::size_t i = whole; i < count; ++i) {
      const std::array<double, kSums> added = terms(i);
      for (std::size_t s = 0; s < kSums; ++s) lanes[s][0] += added[s];
    }
    std::array<double, kSums> sums;
    for (std::size_t s = 0; s < kSums; ++s) {
      sums[s] = (lanes[s][0] + lanes[s][1]) + (lanes[s][2] + lanes[s][3]);
    }
    return sums;
  });
}

/// body(count_of), where count_of(i) is how often the i-th of some values occurs; empty `counts`: once. The
/// compiler then makes a loop that multiplies by nothing.
template <class Body>
auto for_counts(std::span<const double> counts, Body body) {
  if (counts.empty()) return body([](std::size_t) { return 1.0; });
  return body([counts](std::size_t i) { return counts[i]; });
}

}  // namespace mirrortune::detail
