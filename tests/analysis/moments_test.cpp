#include "analysis/moments.h"

#include <cmath>

#include <gtest/gtest.h>

#include "analysis/oracles.h"

namespace mirrortune {
namespace {

/// Skewed and far from 0, so that raw power sums would cancel.
std::vector<double> awkward_values(std::size_t n) {
  auto values = test::normals(n, 3, "moments");
  for (double& value : values) value = 1000 + std::exp(value);
  return values;
}

TEST(Moments, AgreeWithTheDefinitionInLongDouble) {
  for (const std::size_t n : {2u, 3u, 4u, 5u, 17u, 1025u, 5000u}) {
    const auto values = awkward_values(n);
    const auto moments = Moments::of(values);
    const double m2 = test::central_moment(values, 2);
    EXPECT_EQ(moments.n, static_cast<std::int64_t>(n));
    EXPECT_NEAR(moments.mean, test::mean_of(values), 1e-12 * 1000);
    EXPECT_NEAR(moments.sd() / test::sd_of(values), 1, 1e-11);
    EXPECT_NEAR(moments.skew(), test::central_moment(values, 3) / std::pow(m2, 1.5), 1e-9);
    EXPECT_NEAR(moments.excess_kurtosis(), test::central_moment(values, 4) / (m2 * m2) - 3, 1e-8);
  }
}

TEST(Moments, OfTheWholeAreTheMergedMomentsOfItsParts) {
  const auto values = awkward_values(4099);
  const auto whole = Moments::of(values);
  for (const std::size_t cut : {0u, 1u, 17u, 2048u, 4098u, 4099u}) {
    auto merged = Moments::of(std::span(values).first(cut));
    merged.merge(Moments::of(std::span(values).subspan(cut)));
    EXPECT_EQ(merged.n, whole.n);
    EXPECT_NEAR(merged.mean, whole.mean, 1e-10);
    EXPECT_NEAR(merged.m2 / whole.m2, 1, 1e-12);
    EXPECT_NEAR(merged.m3 / whole.m3, 1, 1e-11);
    EXPECT_NEAR(merged.m4 / whole.m4, 1, 1e-11);
  }
}

TEST(Moments, OfCountedValuesAreThoseOfTheValuesThatOften) {
  const auto values = awkward_values(4099);
  std::vector<double> counts, repeated;
  for (std::size_t i = 0; i < values.size(); ++i) {
    counts.push_back(static_cast<double>(1 + i % 5));
    repeated.insert(repeated.end(), 1 + i % 5, values[i]);
  }
  const auto counted = Moments::of(values, counts), expected = Moments::of(repeated);
  EXPECT_EQ(counted.n, expected.n);
  EXPECT_NEAR(counted.mean, expected.mean, 1e-10);
  EXPECT_NEAR(counted.m2 / expected.m2, 1, 1e-12);
  EXPECT_NEAR(counted.m3 / expected.m3, 1, 1e-11);
  EXPECT_NEAR(counted.m4 / expected.m4, 1, 1e-11);
}

TEST(Moments, OfStandardisedValuesFollowFromThoseOfTheValues) {
  auto values = awkward_values(1025);
  const auto expected = Moments::of(values).standardised(1001, 0.25);
  for (double& value : values) value = (value - 1001) / 0.25;
  const auto moments = Moments::of(values);
  EXPECT_NEAR(moments.mean, expected.mean, 1e-10);
  EXPECT_NEAR(moments.m2 / expected.m2, 1, 1e-12);
  EXPECT_NEAR(moments.m4 / expected.m4, 1, 1e-12);
  EXPECT_NEAR(moments.sum_of_squares() / (expected.m2 + 1025 * expected.mean * expected.mean), 1, 1e-12);
}

TEST(Moments, ThatNoValuesDefineAreNaN) {
  EXPECT_TRUE(std::isnan(Moments{}.sd()));
  EXPECT_TRUE(std::isnan(Moments::of(std::vector{2.0}).sd()));
  const auto constant = Moments::of(std::vector(100, 0.1));
  EXPECT_EQ(constant.sd(), 0);
  EXPECT_TRUE(std::isnan(constant.skew()));
  EXPECT_TRUE(std::isnan(constant.excess_kurtosis()));
}

}  // namespace
}  // namespace mirrortune
