#include "analysis/detail/count_pairs.h"

#include <map>

#include <gtest/gtest.h>

#include "base/stream.h"

namespace mirrortune::detail {
namespace {

using Pair = std::pair<std::uint16_t, std::uint16_t>;

/// The highest and the lowest bits vary, and every pair occurs about twice.
std::vector<std::uint16_t> numbers(std::size_t n, std::uint64_t seed) {
  const Stream stream(seed, "pairs");
  std::vector<std::uint16_t> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = stream.uniform(i);
    values[i] = static_cast<std::uint16_t>(u < 0.5 ? 0xFFFF - 16 * u : 32 * u);
  }
  return values;
}

TEST(CountPairs, GivesEveryPairOnceWithHowOftenItOccurs) {
  for (const std::size_t n : {0u, 1u, 2u, 17u, 1025u, 70'001u}) {
    const auto initial = numbers(n, 1), final_weights = numbers(n, 2);
    std::map<Pair, double> expected;
    for (std::size_t i = 0; i < n; ++i) ++expected[{initial[i], final_weights[i]}];
    const CountedPairs counted = count_pairs(initial, final_weights);
    std::map<Pair, double> found;
    for (std::size_t i = 0; i < counted.counts.size(); ++i) {
      found[{counted.initial[i], counted.final_weights[i]}] += counted.counts[i];
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(counted.counts.size(), expected.size());
  }
}

}  // namespace
}  // namespace mirrortune::detail
