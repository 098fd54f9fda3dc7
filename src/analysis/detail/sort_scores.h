#pragma once

#include <span>

namespace mirrortune::detail {

/// Sorts numbers, all finite, whose distances from `center` are mostly between 2⁻¹² and 16 times `spread`, as
/// those of changes with this mean and standard deviation are. Any other spread and center sort them too, but
/// not as fast.
///
/// Radix sort by each number's place, on a scale that is finer near the center: by its first 9 bits, then the
/// numbers of each by as many of the next 13 as leave about one to a place, then within each place. O(n) for
/// a smooth density, O(n log n) at worst.
void sort_numbers(std::span<double> numbers, double center, double spread);

/// The same of scores.
inline void sort_scores(std::span<double> scores) { sort_numbers(scores, 0, 1); }

}  // namespace mirrortune::detail
