#include "analysis/statistics.h"

#include <array>
#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "analysis/floor.h"
#include "analysis/oracles.h"
#include "potential/potential.h"

namespace mirrortune {
namespace {

/// Heavy-tailed changes with a mean.
std::vector<double> awkward_changes(std::size_t n) {
  auto changes = test::normals(n, 11, "changes");
  for (double& d : changes) d = 0.01 * (d + 0.2 * d * d * d + 0.3);
  return changes;
}

TEST(ChangeStatistics, AreTheirDefinitions) {
  for (const std::size_t n : {2u, 17u, 1025u}) {
    for (const bool center : {false, true}) {
      const auto changes = awkward_changes(n);
      const auto statistics = change_statistics(changes, center);
      auto scores = changes;
      const double mean = test::mean_of(changes), sd = test::sd_of(changes);
      for (double& z : scores) z = (z - (center ? mean : 0)) / sd;
      const double root_n = std::sqrt(static_cast<double>(n));
      EXPECT_EQ(statistics.n, static_cast<std::int64_t>(n));
      EXPECT_NEAR(statistics.delta_cdf, test::naive_delta_cdf(scores), 1e-13);
      EXPECT_NEAR(statistics.w1, test::naive_w1(scores), 5e-5);
      EXPECT_NEAR(statistics.floor_ratio, root_n * statistics.delta_cdf / (center ? 0.832 : 1.184), 1e-12);
      EXPECT_NEAR(statistics.mean, mean, 1e-15);
      EXPECT_NEAR(statistics.sd, sd, 1e-14);
      EXPECT_EQ(statistics.histogram.total(), statistics.n);
      EXPECT_EQ(statistics.w1_error, 0);
    }
  }
}

TEST(ChangeStatistics, AboveAMillionTakeW1FromTheBinsAndSayTheBound) {
  const auto changes = awkward_changes(1'000'001);
  const auto counted = change_statistics(changes);
  const auto sorted = change_statistics(std::span(changes).first(1'000'000));
  EXPECT_EQ(counted.w1_error, 0.0005);
  EXPECT_EQ(sorted.w1_error, 0);
  EXPECT_NEAR(counted.w1, sorted.w1, 2e-6);
}

TEST(ChangeStatistics, WithoutASpreadAreUndefinedAndNotACrash) {
  for (const auto& changes : {std::vector<double>{}, {0.5}, {0, 0, 0}, std::vector<double>(1000, 0.1)}) {
    const auto statistics = change_statistics(changes);
    EXPECT_EQ(statistics.n, static_cast<std::int64_t>(changes.size()));
    EXPECT_TRUE(std::isnan(statistics.delta_cdf));
    EXPECT_TRUE(std::isnan(statistics.w1));
    EXPECT_TRUE(std::isnan(statistics.skew));
    EXPECT_TRUE(statistics.histogram.counts.empty());
  }
}

TEST(ChangeStatistics, OfIndependentGaussianChangesLieAtTheFloor) {
  std::vector<double> uncentred, centred;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto changes = test::normals(1000, seed, "at the floor");
    uncentred.push_back(change_statistics(changes, false).floor_ratio);
    centred.push_back(change_statistics(changes, true).floor_ratio);
  }
  EXPECT_NEAR(test::mean_of(uncentred), 1, 4 * test::sd_of(uncentred) / 20);
  EXPECT_NEAR(test::mean_of(centred), 1, 4 * test::sd_of(centred) / 20);
}

TEST(ChangeStatistics, SmallSkewAndKurtosisSetW1) {
  auto skewed = test::normal_quantiles(100000);
  auto heavy = skewed;
  for (double& x : skewed) x += 0.005 * (x * x - 1);
  for (double& x : heavy) x += 0.002 * (x * x * x - 3 * x);
  const auto of_skewed = change_statistics(skewed), of_heavy = change_statistics(heavy);
  EXPECT_NEAR(of_skewed.w1 / (0.1613 * of_skewed.skew), 1, 0.02);
  EXPECT_NEAR(of_heavy.w1 / (0.0629 * of_heavy.excess_kurtosis), 1, 0.04);
}

TEST(ChangeStatistics, UnderAWrongPotentialW1GrowsWithTheLogSpreadOfTheWeights) {
  const std::map<double, double> published = {{.2, .0288}, {.3, .0614},   {.4, .1025},
                                              {.5, .1495}, {.836, .3247}, {1, .4084}};
  const auto quantiles = test::normal_quantiles(800);
  for (const auto& [tau, w1] : published) {
    std::vector<double> changes;
    for (const double a : quantiles) {
      for (const double b : quantiles) changes.push_back(std::exp(tau * a) * b);
    }
    EXPECT_NEAR(change_statistics(changes).w1 / w1, 1, 0.03) << "tau " << tau;
  }
}

// The table of the protocol's robustness experiment: 1000 weights, dual change 0.1·φ'(0.1)·ξ.
struct Robustness {
  std::string weights;
  std::string generated_with;
  std::array<double, 6> delta_cdf;  ///< evaluated with NE, 1.1, 1.5, 2, 2.5, 3
  double flips_percent;
};

const std::vector<Robustness>& published_robustness() {
  static const std::vector<Robustness> rows = {
      {"normal", "negative_entropy", {.038, .039, .110, .245, .359, .449}, 0},
      {"normal", "2-norm", {.669, .728, .298, .037, .109, .242}, 3.2},
      {"normal", "3-norm", {.595, .666, .506, .291, .092, .038}, 10.2},
      {"log-normal", "negative_entropy", {.036, .037, .116, .318, .495, .613}, 0},
      {"log-normal", "2-norm", {.584, .679, .263, .037, .125, .315}, 6.6},
      {"log-normal", "3-norm", {.351, .454, .271, .089, .038, .037}, 26.2}};
  return rows;
}

std::vector<double> robustness_weights(const std::string& kind, std::uint64_t seed) {
  auto weights = test::normals(1000, seed, kind + " weights");
  const Stream sign(seed, "sign");
  const double sigma = std::sqrt(std::log(2.0)), mu = -std::log(1000.0) / 2 - std::log(2.0) / 2;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = kind == "normal" ? 0.1 * weights[i]
                                  : std::exp(mu + sigma * weights[i]) * (sign.uniform(i) < 0.5 ? -1 : 1);
  }
  return weights;
}

class RobustnessTable : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RobustnessTable, IsReproducedByOurOwnDraws) {
  constexpr int kSamples = 300;
  const auto& row = published_robustness()[GetParam()];
  const Potential generator = parse_potential(row.generated_with);
  const std::array<std::string, 6> evaluators = {"negative_entropy", "1.1-norm", "1.5-norm",
                                                 "2-norm",           "2.5-norm", "3-norm"};
  std::array<std::vector<double>, 6> found;
  std::vector<double> flips;
  for (int seed = 0; seed < kSamples; ++seed) {
    const auto w0 = robustness_weights(row.weights, static_cast<std::uint64_t>(seed));
    const auto noise = test::normals(w0.size(), static_cast<std::uint64_t>(seed), "dual change");
    auto w = w0;
    double flipped = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double dual = to_dual(generator, w0[i]) + 0.1 * to_dual(generator, 0.1) * noise[i];
      w[i] = std::visit([&](const auto& p) { return p.from_dual(dual, w0[i]); }, generator);
      flipped += w[i] * w0[i] < 0;
    }
    flips.push_back(flipped / 10);
    for (std::size_t k = 0; k < evaluators.size(); ++k) {
      const Potential evaluator = parse_potential(evaluators[k]);
      std::vector<double> changes(w.size());
      for (std::size_t i = 0; i < w.size(); ++i)
        changes[i] = to_dual(evaluator, w[i]) - to_dual(evaluator, w0[i]);
      found[k].push_back(change_statistics(changes).delta_cdf);
    }
  }
  // Both means are over 300 draws; the published ones are rounded to three digits.
  const auto tolerance = [&](const std::vector<double>& values) {
    return 4 * std::sqrt(2.0) * test::sd_of(values) / std::sqrt(kSamples) + 0.0005;
  };
  for (std::size_t k = 0; k < evaluators.size(); ++k) {
    EXPECT_NEAR(test::mean_of(found[k]), row.delta_cdf[k], tolerance(found[k])) << evaluators[k];
  }
  EXPECT_NEAR(test::mean_of(flips), row.flips_percent, tolerance(flips) + 0.05);
}

INSTANTIATE_TEST_SUITE_P(All, RobustnessTable,
                         ::testing::Range(std::size_t{0}, published_robustness().size()));

}  // namespace
}  // namespace mirrortune
