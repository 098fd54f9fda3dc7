#pragma once

#include <span>

namespace mirrortune::detail {

/// Sorts numbers, all finite, of which most lie within 8 · `spread` of `center`, as changes with this mean
/// and standard deviation do. Any other spread and center sort them too, but not as fast.
///
/// Radix sort by each number's place on those 16 spreads: by its first 11 bits, then the few numbers of each
/// by as many of the next 11 as leave about one to a place, then within each place. O(n) for a smooth
/// density, O(n log n) at worst.
void sort_numbers(std::span<double> numbers, double center, double spread);

/// The same of scores.
inline void sort_scores(std::span<double> scores) { sort_numbers(scores, 0, 1); }

}  // namespace mirrortune::detail
