#include "analysis/score_counts.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "analysis/oracles.h"

namespace mirrortune {
namespace {

/// Gaussian scores, and on top of them every kind of place where `<` and `≤` differ.
std::vector<double> scores_with_ties(std::size_t n) {
  auto scores = test::normals(n, 5, "scores");
  const double infinity = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 1000; k += 7) {
    const double x = test::published_grid(k);
    for (const double z : {x, std::nextafter(x, -infinity), std::nextafter(x, infinity)}) scores.push_back(z);
  }
  for (int i = 0; i <= ScoreHistogram::kBins; ++i) {
    const double edge = ScoreHistogram::edge(i);
    for (const double z : {edge, std::nextafter(edge, -infinity), std::nextafter(edge, infinity)})
      scores.push_back(z);
  }
  for (const double z : {-5.0, 5.0, -8.0, 8.0, -0.0, 0.0, -1e9, 1e9, 8.5, -123.0}) scores.push_back(z);
  return scores;
}

ScoreCounts counts_of(const std::vector<double>& scores) {
  ScoreCounts counts;
  counts.add(scores);
  return counts;
}

TEST(ScoreCounts, GiveDeltaCdfAsItsDefinitionTiesIncluded) {
  for (const std::size_t n : {0u, 1u, 17u, 1025u}) {
    const auto scores = scores_with_ties(n);
    EXPECT_NEAR(counts_of(scores).delta_cdf(), test::naive_delta_cdf(scores), 1e-14);
  }
  for (int k = 0; k < 1000; ++k) {
    const std::vector<double> one = {test::published_grid(k)};
    ASSERT_NEAR(counts_of(one).delta_cdf(), test::naive_delta_cdf(one), 1e-14)
        << "a single score at grid point " << k;
  }
}

TEST(ScoreCounts, UseTheGridOfNumpyLinspaceBitForBit) {
  for (int k = 0; k < 1000; ++k)
    EXPECT_EQ(ScoreCounts::grid()[static_cast<std::size_t>(k)], test::published_grid(k));
}

TEST(ScoreCounts, HistogramBinsAreHalfOpenAndTheLastOneIsClosed) {
  const auto scores = scores_with_ties(1025);
  const auto histogram = counts_of(scores).histogram();
  for (int i = 0; i < ScoreHistogram::kBins; ++i) {
    const double left = ScoreHistogram::edge(i), right = ScoreHistogram::edge(i + 1);
    const bool last = i + 1 == ScoreHistogram::kBins;
    const auto expected = std::count_if(scores.begin(), scores.end(), [&](double z) {
      return left <= z && (z < right || (last && z == right));
    });
    EXPECT_EQ(histogram.counts[static_cast<std::size_t>(i)], expected) << "bin " << i;
  }
  EXPECT_EQ(histogram.below, std::count_if(scores.begin(), scores.end(), [](double z) { return z < -8; }));
  EXPECT_EQ(histogram.above, std::count_if(scores.begin(), scores.end(), [](double z) { return z > 8; }));
  EXPECT_EQ(histogram.total(), static_cast<std::int64_t>(scores.size()));
}

TEST(ScoreCounts, HistogramEdgesPrintAsTwoDecimals) {
  EXPECT_EQ(ScoreHistogram::edge(0), -8);
  EXPECT_EQ(ScoreHistogram::edge(1), -7.92);
  EXPECT_EQ(ScoreHistogram::edge(100), 0);
  EXPECT_EQ(ScoreHistogram::edge(199), 7.92);
  EXPECT_EQ(ScoreHistogram::edge(200), 8);
}

TEST(ScoreCounts, W1OfTheBinsErrsByLessThanItsBound) {
  std::vector<std::vector<double>> samples = {scores_with_ties(1025), {0.0}, {-0.3, 0.7}, {9, -20}, {5e8}};
  samples.push_back(test::normals(20000, 1));
  for (auto scores : samples) {
    const auto distance = counts_of(scores).w1();
    const double exact = exact_w1(scores);
    EXPECT_EQ(distance.error, 0.0005);
    EXPECT_NEAR(distance.value, exact, distance.error + 1e-12 * exact);
  }
}

TEST(ScoreCounts, W1OfTheBinsIsFarBetterForManySmoothScores) {
  auto scores = test::normals(2'000'000, 2);
  EXPECT_NEAR(counts_of(scores).w1().value, exact_w1(scores), 1e-6);
}

TEST(ScoreCounts, HaveNoDistancesWithoutScores) {
  EXPECT_TRUE(std::isnan(ScoreCounts().delta_cdf()));
  EXPECT_TRUE(std::isnan(ScoreCounts().w1().value));
}

TEST(ExactW1, AgreesWithTheIntegralByTheMidpointRule) {
  for (const std::size_t n : {0u, 17u, 1025u}) {
    auto scores = scores_with_ties(n);
    const double expected = test::naive_w1(scores);
    EXPECT_NEAR(exact_w1(scores) / expected, 1, 1e-8);
  }
}

TEST(ExactW1, OfOnePointIsTheMeanDistanceToIt) {
  for (const double x : {0.0, -1.0, 2.5, 30.0}) {
    std::vector<double> point(7, x);
    // E abs(X − x), X standard normal
    const double expected = x * (2 * test::phi_cdf(x) - 1) + 2 * std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
    EXPECT_NEAR(exact_w1(point), expected, 1e-14 * (1 + std::abs(x)));
  }
}

TEST(ExactW1, OfTwoEqualPointsMovesEachHalfOfTheNormalToItsPoint) {
  std::vector<double> points = {-1, 1};
  const double density0 = 1 / std::sqrt(2 * M_PI), density1 = std::exp(-0.5) / std::sqrt(2 * M_PI);
  const double expected = 4 * test::phi_cdf(1) - 3 + 4 * density1 - 2 * density0;  // E abs(abs(X) − 1)
  EXPECT_NEAR(exact_w1(points), expected, 1e-14);
}

TEST(ExactW1, OfShiftedAndScaledQuantilesIsTheirDistanceFromTheNormal) {
  const auto quantiles = test::normal_quantiles(100000);
  auto shifted = quantiles, scaled = quantiles;
  for (double& z : shifted) z += 0.3;
  for (double& z : scaled) z *= 1.25;
  auto itself = quantiles;
  EXPECT_NEAR(exact_w1(itself), 0, 4e-5);
  EXPECT_NEAR(exact_w1(shifted), 0.3, 4e-5);
  EXPECT_NEAR(exact_w1(scaled), 0.25 * std::sqrt(2 / M_PI), 4e-5);  // E abs(X)·(1.25 − 1)
}

}  // namespace
}  // namespace mirrortune
