#include "analysis/bootstrap.h"

#include <cmath>

#include <gtest/gtest.h>

#include "analysis/oracles.h"

namespace mirrortune {
namespace {

TEST(Bootstrap, SamplesHaveTheMeanOfTheFloor) {
  const std::vector<std::vector<LayerScale>> cases = {{{1000, 3.0}}, {{500, 0.5}, {100, 2.0}, {400, 1.0}}};
  for (const auto& layers : cases) {
    for (const bool center : {false, true}) {
      const auto samples = bootstrap_delta_cdf(layers, center, {.samples = 300, .threads = 1});
      const double floor = gaussian_floor(layers, center);
      EXPECT_NEAR(test::mean_of(samples), floor, 4 * test::sd_of(samples) / std::sqrt(300) + 0.01 * floor);
    }
  }
}

TEST(Bootstrap, DoesNotDependOnTheThreads) {
  const std::vector<LayerScale> layers = {{9000, 1.0}, {17, 2.0}};
  EXPECT_EQ(bootstrap_delta_cdf(layers, false, {.samples = 7, .threads = 1}),
            bootstrap_delta_cdf(layers, false, {.samples = 7, .threads = 3}));
}

TEST(Bootstrap, WithoutASpreadIsUndefined) {
  const LayerScale still{10, 0.0};
  EXPECT_TRUE(std::isnan(bootstrap_delta_cdf({&still, 1}, false, {.samples = 1, .threads = 1})[0]));
}

TEST(Bootstrap, PValueCountsTheChangeItselfAmongTheSamples) {
  const std::vector<double> samples = {.1, .2, .3, .4};
  EXPECT_EQ(bootstrap_p_value(.3, samples), 3.0 / 5);
  EXPECT_EQ(bootstrap_p_value(.5, samples), 1.0 / 5);
  EXPECT_TRUE(std::isnan(bootstrap_p_value(kUndefined, samples)));
}

}  // namespace
}  // namespace mirrortune
