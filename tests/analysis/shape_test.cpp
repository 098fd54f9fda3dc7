#include "analysis/shape.h"

#include <cmath>

#include <gtest/gtest.h>

#include "analysis/oracles.h"
#include "analysis/score_counts.h"
#include "analysis/statistics.h"

namespace mirrortune {
namespace {

Shape exact(std::vector<double> scores) { return shape_of_scores(scores); }

Shape binned(const std::vector<double>& scores) {
  ScoreCounts counts;
  counts.add(scores);
  return counts.shape();
}

/// Scores of some shapes and awkward numbers; the same with ties.
std::vector<std::vector<double>> samples() {
  std::vector<std::vector<double>> all;
  for (const std::size_t n : {1u, 2u, 17u, 64u, 65u, 1025u}) {
    auto scores = test::normals(n, 21, "shape");
    auto heavy = scores, tied = scores, shifted = scores;
    for (double& z : heavy) z = z * z * z;
    for (double& z : tied) z = std::round(2 * z) / 2;
    for (double& z : shifted) z = 0.3 * z + 2;
    for (auto& sample : {scores, heavy, tied, shifted}) all.push_back(sample);
  }
  all.push_back(test::scores_with_ties(1025));
  return all;
}

TEST(Shape, AgreesWithNaiveSumsOverOrderStatistics) {
  for (const auto& scores : samples()) {
    const auto shape = exact(scores);
    EXPECT_NEAR(shape.ks, test::naive_ks(scores), 1e-13);
    EXPECT_EQ(shape.ks_error, 0);
    const double expected = test::naive_anderson_darling(scores);
    if (std::isfinite(expected)) {  // erfc of the oracle ends at 38
      EXPECT_NEAR(shape.anderson_darling, expected,
                  1e-10 * static_cast<double>(scores.size()) * (1 + expected));
    }
    for (int i = 0; i < QuantileTable::kSize; ++i) {
      const double expected_quantile =
          test::naive_quantile(scores, test::phi_cdf(QuantileTable::normal_quantile(i)));
      EXPECT_NEAR(shape.qq.quantiles[static_cast<std::size_t>(i)], expected_quantile,
                  1e-10 * (1 + std::abs(expected_quantile)));
    }
  }
}

TEST(Shape, IsThatOfScipyForASmallSampleWithTies) {
  const auto shape = exact({-2.1, -0.7, -0.7, -0.1, 0.0, 0.3, 0.3, 0.3, 1.9, 2.6, -1.4});
  EXPECT_NEAR(shape.ks, 0.20027039599286567, 1e-14);               // scipy.stats.kstest
  EXPECT_NEAR(shape.anderson_darling, 0.6575046860389211, 1e-10);  // from scipy.special.log_ndtr
  EXPECT_NEAR(shape.l_skewness, 0.09105305, 1e-8);                 // scipy.stats.lmoment
  EXPECT_NEAR(shape.l_kurtosis, 0.27949327, 1e-8);
  EXPECT_NEAR(shape.qq.quantiles[10], -1.94074908, 1e-8);  // numpy.quantile at Φ(−2)
}

TEST(Shape, LMomentsAreMeansOverAllSubsamples) {
  for (const std::size_t n : {3u, 4u, 5u, 17u}) {
    auto scores = test::normals(n, 22, "subsets");
    for (double& z : scores) z += 0.2 * z * z;
    const auto shape = exact(scores);
    const double l2 = test::mean_over_subsets(scores, {-1.0 / 2, 1.0 / 2});
    EXPECT_NEAR(shape.l_skewness, test::mean_over_subsets(scores, {1.0 / 3, -2.0 / 3, 1.0 / 3}) / l2, 1e-12);
    if (n < 4) {
      EXPECT_TRUE(std::isnan(shape.l_kurtosis));
    } else {
      const double l4 = test::mean_over_subsets(scores, {-1.0 / 4, 3.0 / 4, -3.0 / 4, 1.0 / 4});
      EXPECT_NEAR(shape.l_kurtosis, l4 / l2, 1e-12);
    }
  }
}

TEST(Shape, OfQuantilesHasTheLMomentsOfTheDistribution) {
  constexpr std::size_t kCount = 100000;
  const auto normal = test::normal_quantiles(kCount);
  std::vector<double> exponential, uniform;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double p = (static_cast<double>(i) + 0.5) / kCount;
    exponential.push_back(-std::log(p));
    uniform.push_back(p);
  }
  const auto of_normal = exact(normal);
  EXPECT_NEAR(of_normal.l_skewness, 0, 1e-12);
  EXPECT_NEAR(of_normal.l_kurtosis, 30 / M_PI * std::atan(std::sqrt(2.0)) - 9, 1e-4);
  EXPECT_NEAR(of_normal.ks, 0.5 / kCount, 1e-12);
  EXPECT_NEAR(exact(exponential).l_skewness, 1.0 / 3, 1e-4);
  EXPECT_NEAR(exact(exponential).l_kurtosis, 1.0 / 6, 1e-4);
  EXPECT_NEAR(exact(uniform).l_skewness, 0, 1e-10);
  EXPECT_NEAR(exact(uniform).l_kurtosis, 0, 1e-4);
}

TEST(Shape, OfOnePointIsItsClosedForm) {
  const auto shape = exact({0.5});
  EXPECT_NEAR(shape.ks, test::phi_cdf(0.5), 1e-15);
  EXPECT_NEAR(shape.anderson_darling, -1 - std::log(test::phi_cdf(0.5)) - std::log(test::phi_cdf(-0.5)),
              1e-10);
  EXPECT_TRUE(std::isnan(shape.l_skewness));
  EXPECT_EQ(shape.qq.quantiles.front(), 0.5);
  EXPECT_EQ(shape.qq.quantiles.back(), 0.5);
}

TEST(Shape, FarOutIsFinite) {
  const auto shape = exact({-1e9, -40, 0, 1, 50, 1e12});
  EXPECT_TRUE(std::isfinite(shape.anderson_darling));
  EXPECT_GT(shape.anderson_darling, 1e20);
}

TEST(Shape, OfBinsHoldsTheDistanceBetweenItsBounds) {
  for (const auto& scores : samples()) {
    const auto counted = binned(scores);
    const double ks = test::naive_ks(scores);
    EXPECT_GE(ks, counted.ks - 1e-14);
    EXPECT_LE(ks, counted.ks + counted.ks_error + 1e-14);
  }
  const auto many = test::normals(300'000, 23);
  const auto counted = binned(many);
  EXPECT_NEAR(counted.ks, test::naive_ks(many), counted.ks_error + 1e-14);
  EXPECT_LT(counted.ks_error, 0.0005);
}

TEST(Shape, OfBinsIsNearlyThatOfTheScores) {
  for (const double power : {0.0, 0.3}) {
    auto scores = test::normals(300'000, 24);
    for (double& z : scores) z *= std::pow(std::abs(z), power);  // beyond ±8 too
    const auto counted = binned(scores), sorted = exact(scores);
    EXPECT_NEAR(counted.anderson_darling, sorted.anderson_darling, 2e-3 * (1 + sorted.anderson_darling));
    EXPECT_NEAR(counted.l_skewness, sorted.l_skewness, 1e-5);
    EXPECT_NEAR(counted.l_kurtosis, sorted.l_kurtosis, 1e-5);
    for (std::size_t i = 0; i < QuantileTable::kSize; ++i) {
      const double expected = sorted.qq.quantiles[i];
      EXPECT_NEAR(counted.qq.quantiles[i], expected,
                  std::abs(expected) > 8 ? 0.011 * std::abs(expected) : 0.001);
    }
  }
}

TEST(Shape, OfBinsHasNoLMomentsWhereTheBinsAreTooWide) {
  auto scores = test::normals(1000, 25);
  for (double& z : scores) z += 500;  // bins of 5 there
  EXPECT_TRUE(std::isnan(binned(scores).l_skewness));
  EXPECT_FALSE(std::isnan(exact(scores).l_skewness));
}

/// Published critical values hold in the share of Gaussian samples that they should: Stephens 1974,
/// Lilliefors 1967.
TEST(Shape, OfGaussianChangesExceedsPublishedCriticalValuesAsOftenAsItShould) {
  constexpr int kSamples = 4000;
  constexpr double kChanges = 100;
  std::array<int, 4> beyond{};
  for (std::uint64_t seed = 0; seed < kSamples; ++seed) {
    const auto changes = test::normals(100, seed, "critical values");
    const auto centred = change_statistics(changes, true), uncentred = change_statistics(changes, false);
    const double modified = 1 + 0.75 / kChanges + 2.25 / (kChanges * kChanges);
    beyond[0] += centred.anderson_darling * modified > 0.752;  // both estimated, 5 %
    beyond[1] += centred.anderson_darling * modified > 0.631;  // 10 %
    beyond[2] += uncentred.anderson_darling > 2.323;           // mean known, 5 %
    beyond[3] += centred.ks * (std::sqrt(kChanges) - 0.01 + 0.85 / std::sqrt(kChanges)) > 0.895;  // 5 %
  }
  const std::array<double, 4> expected = {.05, .1, .05, .05};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double p = expected[i];
    EXPECT_NEAR(beyond[i] / double{kSamples}, p, 3 * std::sqrt(p * (1 - p) / kSamples) + 0.05 * p) << i;
  }
}

}  // namespace
}  // namespace mirrortune
