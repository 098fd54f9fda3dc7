#pragma once

#include <algorithm>
#include <span>

namespace mirrortune::detail {

struct Peak {
  double place = 0;  ///< in steps of the grid, from its first point
  double value = 0;
};

/// The maximum of values at equal steps, by the parabola through the greatest and its two neighbours; the
/// greatest itself where it stands at an end. Three values at least.
inline Peak parabola_maximum(std::span<const double> values) {
  const auto top = static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
  if (top == 0 || top + 1 == values.size()) return {static_cast<double>(top), values[top]};
  const double left = values[top - 1] - values[top], right = values[top + 1] - values[top];
  const double bend = left + right;
  if (!(bend < 0)) return {static_cast<double>(top), values[top]};
  const double shift = (left - right) / (2 * bend);
  return {static_cast<double>(top) + shift, values[top] - bend * shift * shift / 2};
}

}  // namespace mirrortune::detail
