#include "analysis/score_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "analysis/oracles.h"
#include "analysis/wasserstein.h"

namespace mirrortune {
namespace {

ScoreCounts counts_of(const std::vector<double>& scores) {
  ScoreCounts counts;
  counts.add(scores);
  return counts;
}

TEST(ScoreCounts, GiveDeltaCdfAsItsDefinitionTiesIncluded) {
  for (const std::size_t n : {0u, 1u, 17u, 1025u}) {
    const auto scores = test::scores_with_ties(n);
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
  const auto scores = test::scores_with_ties(1025);
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

TEST(ScoreCounts, HaveNoDistancesWithoutScores) {
  EXPECT_TRUE(std::isnan(ScoreCounts().delta_cdf()));
  EXPECT_TRUE(std::isnan(ScoreCounts().w1().value));
  EXPECT_TRUE(std::isnan(ScoreCounts().shape().ks));
}

TEST(ScoreCounts, GiveW1WithAnErrorBelowItsBound) {
  std::vector<std::vector<double>> samples = {
      test::scores_with_ties(1025), {0.0}, {-0.3, 0.7}, {9, -20}, {5e8}};
  samples.push_back(test::normals(20000, 1));
  for (auto scores : samples) {
    const auto distance = counts_of(scores).w1();
    const double exact = exact_w1(scores);
    EXPECT_EQ(distance.error, 0.0005);
    EXPECT_NEAR(distance.value, exact, distance.error + 1e-12 * exact);
  }
}

TEST(ScoreCounts, GiveW1WithAFarSmallerErrorForManySmoothScores) {
  auto scores = test::normals(2'000'000, 2);
  EXPECT_NEAR(counts_of(scores).w1().value, exact_w1(scores), 1e-6);
}

TEST(ScoreCounts, OfPartsAreThoseOfTheWhole) {
  const auto scores = test::scores_with_ties(1025);
  ScoreCounts merged;
  std::vector<double> far;
  for (std::size_t begin = 0; begin < scores.size(); begin += 300) {
    ScoreCounts part;
    part.add_near(std::span(scores).subspan(begin, std::min<std::size_t>(300, scores.size() - begin)),
                  /*counts=*/{}, far);
    merged.merge_near(part);
  }
  merged.add_far(far);
  const auto whole = counts_of(scores);
  EXPECT_EQ(merged.n(), whole.n());
  EXPECT_EQ(merged.delta_cdf(), whole.delta_cdf());
  EXPECT_EQ(merged.w1().value, whole.w1().value);
  EXPECT_EQ(merged.histogram(), whole.histogram());
  EXPECT_EQ(merged.shape().qq.quantiles, whole.shape().qq.quantiles);
}

TEST(ScoreCounts, DoNotDependOnTheOrderOfTheScores) {
  for (const std::size_t n : {1u, 2u, 17u, 3001u, 100'003u}) {
    auto normal = test::normals(n, 33, "order");
    auto tied = normal, narrow = normal, wide = normal, equal = normal;
    for (double& z : tied) z = std::round(50 * z) * (10.0 / 999);
    for (double& z : narrow) z = 1e-5 * z + ScoreCounts::grid()[700];
    for (double& z : wide) z *= 6;
    for (double& z : equal) z = 8;
    for (const auto& scores : {normal, tied, narrow, wide, equal, test::scores_with_ties(n)}) {
      auto sorted = scores;
      std::sort(sorted.begin(), sorted.end());
      const auto counts = counts_of(scores), expected = counts_of(sorted);
      EXPECT_NEAR(expected.delta_cdf(), test::naive_delta_cdf(scores), 1e-13);
      EXPECT_EQ(counts.delta_cdf(), expected.delta_cdf());
      EXPECT_EQ(counts.n(), expected.n());
      EXPECT_EQ(counts.histogram(), expected.histogram());
      EXPECT_NEAR(counts.w1().value, expected.w1().value, 1e-12 * (1 + expected.w1().value));
    }
  }
}

TEST(ScoreCounts, OfCountedScoresAreThoseOfTheScoresThatOften) {
  auto scores = test::scores_with_ties(1025);
  for (const double z : {-9.0, 8.0, -8.0, 11.0, ScoreCounts::grid()[100]}) scores.push_back(z);
  std::vector<double> counts, far, repeated;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    counts.push_back(static_cast<double>(1 + i % 7));
    repeated.insert(repeated.end(), 1 + i % 7, scores[i]);
  }
  ScoreCounts counted;
  counted.add_near(scores, counts, far);
  counted.add_far(far);
  const auto expected = counts_of(repeated);
  EXPECT_EQ(counted.n(), expected.n());
  EXPECT_EQ(counted.delta_cdf(), expected.delta_cdf());
  EXPECT_EQ(counted.w1().value, expected.w1().value);
  EXPECT_EQ(counted.histogram(), expected.histogram());
}

}  // namespace
}  // namespace mirrortune
