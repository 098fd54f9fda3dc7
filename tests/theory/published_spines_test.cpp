#include <gtest/gtest.h>

#include "support/paths.h"

#include "theory/spine_volumes.h"
#include "theory/spines.h"

namespace mirrortune {
namespace {

TEST(PublishedSpines, GiveTheLikelihoodsOfTheProtocol) {
  const auto table = test::shared("data/soma_subgraph_synapses_spines_v185.csv");
  const SpineVolumes spines = read_spine_volumes(table, {.require_published = true});
  EXPECT_EQ(static_cast<std::int64_t>(spines.volumes.size()), kPublishedSpines);
  const auto fits = fit_spines(spines.volumes, {.threads = 0});
  const double expected[] = {3282, 3376, 2123, 2649, -302, 426};
  ASSERT_EQ(fits.size(), std::size(expected));
  for (std::size_t i = 0; i < fits.size(); ++i) EXPECT_NEAR(fits[i].log_likelihood, expected[i], 1);
  EXPECT_NEAR(fits[1].sigma, .540, .001);
  EXPECT_NEAR(fits[3].mass_below_zero, .10, .005);
  EXPECT_NEAR(fits[5].mass_below_zero, .31, .005);
}

}  // namespace
}  // namespace mirrortune
