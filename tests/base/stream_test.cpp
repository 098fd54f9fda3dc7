#include "base/stream.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

TEST(Philox, GivesThePublishedKnownAnswers) {
  using Counter = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Stream, ADrawIsAFunctionOfSeedPurposeEpochAndIndexAlone) {
  const Stream a(7, "shuffle", 3);
  const Stream b(7, "shuffle", 3);
  const auto late_first = a.bits(1'000'000);
  EXPECT_EQ(a.bits(0), b.bits(0));
  EXPECT_EQ(late_first, b.bits(1'000'000));
}

TEST(Stream, TheBitsOfAVersionNeverChange) {
  // A run of today must be repeatable for ever: these values are part of the file formats.
  const Stream stream(0, "subset", 0);
  EXPECT_EQ(stream.bits(0), 0xd11ca1f614d56738U);
  EXPECT_EQ(stream.bits(1), 0x32e02a5905df4bbdU);
  EXPECT_EQ(Stream(1, "shuffle", 2).bits(3), 0x54259c15f59430f7U);
}

TEST(Stream, EveryPartOfTheNameChangesTheStream) {
  std::set<std::uint64_t> first_draws;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const char* purpose : {"subset", "shuffle", "init", "search"}) {
      for (std::uint64_t epoch = 0; epoch < 20; ++epoch)
        first_draws.insert(Stream(seed, purpose, epoch).bits(0));
    }
  }
  EXPECT_EQ(first_draws.size(), 100U * 4U * 20U);
}

TEST(Stream, UniformFillsTheUnitIntervalEvenly) {
  const Stream stream(1, "uniform");
  std::vector<int> bins(16);
  constexpr int kDraws = 160'000;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double u = stream.uniform(i);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    ++bins[static_cast<std::size_t>(u * 16)];
  }
  double chi_squared = 0.0;
  for (const int count : bins) chi_squared += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  EXPECT_LT(chi_squared, 37.7);  // 99.9 % quantile at 15 degrees of freedom
}

TEST(Stream, NormalHasTheMomentsOfAStandardNormal) {
  const Stream stream(2, "normal");
  constexpr int kDraws = 200'000;
  double sum = 0.0;
  double squares = 0.0;
  double fourth = 0.0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double x = stream.normal(i);
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 4.0 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0, 4.0 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourth / kDraws, 3.0, 4.0 * std::sqrt(96.0 / kDraws));
}

TEST(Stream, BelowStaysBelowAndReachesBothEnds) {
  const Stream stream(3, "below");
  std::set<std::uint64_t> seen;
  for (std::uint64_t i = 0; i < 200; ++i) seen.insert(stream.below(i, 5));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(stream.below(0, 1), 0U);
}

TEST(Stream, PermutationHoldsEveryNumberOnce) {
  for (const std::int64_t n : {0, 1, 2, 17, 1025}) {
    auto order = Stream(4, "order").permutation(n);
    std::sort(order.begin(), order.end());
    std::vector<std::int64_t> expected(static_cast<std::size_t>(n));
    std::iota(expected.begin(), expected.end(), std::int64_t{0});
    EXPECT_EQ(order, expected);
  }
}

TEST(Stream, PermutationsOfThreeAreEquallyLikely) {
  std::map<std::vector<std::int64_t>, int> counts;
  for (std::uint64_t seed = 0; seed < 6000; ++seed) ++counts[Stream(seed, "order").permutation(3)];
  ASSERT_EQ(counts.size(), 6U);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 130);
}

}  // namespace
}  // namespace mirrortune
