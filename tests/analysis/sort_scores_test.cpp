#include "analysis/detail/sort_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/oracles.h"

namespace mirrortune {
namespace {

/// Numbers of one size, of every kind that a row of changes may hold.
std::vector<std::vector<double>> samples_of(std::size_t n) {
  const auto normal = test::normals(n, 31, "sorting");
  auto heavy = normal, tied = normal, peaked = normal, far = normal, equal = normal, tiny = normal;
  for (double& x : heavy) x = x * x * x * x * x;
  for (double& x : tied) x = std::round(4 * x) / 4;
  for (double& x : peaked) x = std::abs(x) > 2 ? 1e6 * x : 1e-9 * x;  // nearly all in one place
  for (double& x : far) x += 1e9;
  for (double& x : equal) x = 0.1;
  for (double& x : tiny) x *= std::numeric_limits<double>::denorm_min() * 100;
  auto mixed = normal;
  const std::vector<double> awkward = {0.0,
                                       -0.0,
                                       8.0,
                                       -8.0,
                                       std::nextafter(8.0, 0.0),
                                       std::numeric_limits<double>::max(),
                                       std::numeric_limits<double>::lowest(),
                                       std::numeric_limits<double>::denorm_min()};
  for (std::size_t i = 0; i < std::min(n, awkward.size()); ++i) mixed[i] = awkward[i];
  auto falling = normal;
  std::sort(falling.rbegin(), falling.rend());
  return {normal, heavy, tied, peaked, far, equal, tiny, mixed, falling};
}

TEST(SortNumbers, GivesTheOrderOfStdSortWhateverCenterAndSpread) {
  for (const std::size_t n : {0u, 1u, 2u, 17u, 1999u, 2000u, 2001u, 5000u, 100'003u}) {
    for (const auto& numbers : samples_of(n)) {
      auto expected = numbers;
      std::sort(expected.begin(), expected.end());
      for (const double center : {0.0, 1e9}) {
        for (const double spread : {1.0, 1e-7, 1e300, 1e-320, 0.0}) {
          auto found = numbers;
          detail::sort_numbers(found, center, spread);
          ASSERT_EQ(found, expected) << n << " " << center << " " << spread;
        }
      }
    }
  }
}

}  // namespace
}  // namespace mirrortune
