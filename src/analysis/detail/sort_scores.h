#pragma once

#include <span>

namespace mirrortune::detail {

/// Sorts numbers, all finite, of which most lie within 8 · `spread` of `center`, as changes with this mean
/// and standard deviation do. Any other spread and center sort them too, but not as fast.
///
/// Radix sort by the first 22 bits of each number's place on those 16 spreads, which leaves few numbers of a
/// smooth density side by side in one place, then within each place: O(n), O(n log n) at worst.
void sort_numbers(std::span<double> numbers, double center, double spread);

/// The same of scores.
inline void sort_scores(std::span<double> scores) { sort_numbers(scores, 0, 1); }

}  // namespace mirrortune::detail
