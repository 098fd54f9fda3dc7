#include "geometry/detail/grid_maximum.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace mirrortune::detail {
namespace {

std::vector<double> sampled(double (*f)(double)) {
  std::vector<double> values;
  for (int i = 0; i < 9; ++i) values.push_back(f(i));
  return values;
}

TEST(GridMaximum, OfAQuarticIsExact) {
  const auto quartic = sampled([](double x) { return -std::pow(x - 3.3, 4) - 2 * std::pow(x - 3.3, 2); });
  EXPECT_NEAR(grid_maximum(quartic), 3.3, 1e-9);
  EXPECT_NEAR(grid_value(quartic, 3.3), 0, 1e-9);
}

TEST(GridMaximum, NearAnEndUsesTheLastFiveValues) {
  const auto parabola = sampled([](double x) { return -(x - 7.4) * (x - 7.4); });
  EXPECT_NEAR(grid_maximum(parabola), 7.4, 1e-9);
  EXPECT_NEAR(grid_value(parabola, 7.9), -0.25, 1e-9);
}

TEST(GridMaximum, OfARisingFunctionIsItsEnd) {
  EXPECT_EQ(grid_maximum(sampled([](double x) { return x; })), 8);
  EXPECT_EQ(grid_maximum(sampled([](double x) { return -x; })), 0);
}

}  // namespace
}  // namespace mirrortune::detail
