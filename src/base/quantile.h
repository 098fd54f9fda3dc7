#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace mirrortune {

/// The p-quantile of values in rising order, linear between them (numpy's default). One value at least.
inline double sorted_quantile(std::span<const double> sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// One value at least.
inline double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return sorted_quantile(values, 0.5);
}

}  // namespace mirrortune
