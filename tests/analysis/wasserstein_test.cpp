#include "analysis/wasserstein.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "analysis/oracles.h"

namespace mirrortune {
namespace {

/// W1 through the quantile function: Σ over scores in order of ∫ abs(z − Φ⁻¹(u)) du, by sorting all of them.
double w1_by_quantiles(std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  const auto n = scores.size();
  const auto quantiles = test::quantiles_at(n, 0.0);
  const auto density = [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * M_PI); };
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    // ∫ Φ⁻¹ from Φ(a) to Φ(b) is φ(a) − φ(b).
    const double a = quantiles[i], b = quantiles[i + 1], z = std::clamp(scores[i], a, b), x = scores[i];
    sum += x * (test::phi_cdf(z) - test::phi_cdf(a)) - (density(a) - density(z));
    sum += (density(z) - density(b)) - x * (test::phi_cdf(b) - test::phi_cdf(z));
  }
  return sum;
}

TEST(ExactW1, AgreesWithTheIntegralByTheMidpointRule) {
  for (const std::size_t n : {0u, 17u, 1025u}) {
    auto scores = test::scores_with_ties(n);
    const double expected = test::naive_w1(scores);
    EXPECT_NEAR(exact_w1(scores) / expected, 1, 1e-8);
  }
}

TEST(ExactW1, AgreesWithTheSumOverQuantilesNearAndFarFromTheNormal) {
  for (const std::size_t n : {1u, 2u, 17u, 1025u, 40000u}) {
    for (const double shift : {0.0, 0.001, 0.1, 9.0}) {
      for (const double power : {0.0, 0.05, 0.5}) {
        auto scores = test::normals(n, 9, "near and far");
        for (double& z : scores) z = z * std::pow(std::abs(z), power) + shift;
        const double expected = w1_by_quantiles(scores);
        EXPECT_NEAR(exact_w1(scores), expected, 1e-12 * (1 + expected)) << n << " " << shift << " " << power;
      }
    }
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
