#include "geometry/detail/grid_maximum.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mirrortune::detail {
namespace {

/// c0 + c1 t + … + c4 t⁴ through five values at t = −2 … 2.
struct Quartic {
  std::array<double, 5> c;

  explicit Quartic(const double* at_minus_two) {
    const double a = at_minus_two[0], b = at_minus_two[1], m = at_minus_two[2], d = at_minus_two[3],
                 e = at_minus_two[4];
    const double odd1 = (d - b) / 2, odd2 = (e - a) / 4;            // c1 + c3, c1 + 4 c3
    const double even1 = (b + d) / 2 - m, even2 = (a + e) / 2 - m;  // c2 + c4, 4 c2 + 16 c4
    const double c4 = (even2 - 4 * even1) / 12;
    c = {m, odd1 - (odd2 - odd1) / 3, even1 - c4, (odd2 - odd1) / 3, c4};
  }
  double value(double t) const { return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * c[4]))); }
  double slope(double t) const { return c[1] + t * (2 * c[2] + t * (3 * c[3] + t * 4 * c[4])); }
  double bend(double t) const { return 2 * c[2] + t * (6 * c[3] + t * 12 * c[4]); }
};

/// The middle of the five values about `place`.
std::size_t middle_of(std::span<const double> values, double place) {
  const auto nearest = static_cast<std::size_t>(std::lround(place));
  return std::clamp<std::size_t>(nearest, 2, values.size() - 3);
}

}  // namespace

double grid_value(std::span<const double> values, double place) {
  const std::size_t middle = middle_of(values, place);
  return Quartic(&values[middle - 2]).value(place - static_cast<double>(middle));
}

double grid_maximum(std::span<const double> values) {
  const auto top = static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
  if (top == 0 || top + 1 == values.size()) return static_cast<double>(top);
  const std::size_t middle = middle_of(values, static_cast<double>(top));
  const Quartic quartic(&values[middle - 2]);
  const double start = static_cast<double>(top) - static_cast<double>(middle);
  double t = start;
  for (int turn = 0; turn < 20; ++turn) {
    const double bend = quartic.bend(t);
    if (!(bend < 0)) break;
    t = std::clamp(t - quartic.slope(t) / bend, start - 1, start + 1);
  }
  return static_cast<double>(middle) + t;
}

}  // namespace mirrortune::detail
