#include "geometry/identify.h"

#include <cmath>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/parallel.h"

#include "geometry/coverage.h"
#include "geometry/simulate.h"

namespace mirrortune {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// With the options that the command line gives a table of positive sizes.
IdentifyOptions for_sizes(Measurement measurement = {}) {
  measurement.detection_limit = measurement.detection_limit.value_or(0.0);
  return {.model = {.measurement = measurement}, .resamples = 0};
}

double estimate(const SimulateOptions& simulation, const IdentifyOptions& options) {
  return identify(simulate_pairs(simulation).pairs, options).profile.best.lambda;
}

struct Spread {
  double mean = 0, sd = 0;
  double error() const { return sd / std::sqrt(runs); }
  double runs = 0;
};

Spread spread_over_seeds(SimulateOptions simulation, const IdentifyOptions& options, int runs) {
  std::vector<double> lambdas(static_cast<std::size_t>(runs));
  parallel_for(runs, 0, [&](std::int64_t run) {
    SimulateOptions own = simulation;
    own.seed = static_cast<std::uint64_t>(run);
    lambdas[static_cast<std::size_t>(run)] = estimate(own, options);
  });
  Spread spread{.runs = static_cast<double>(runs)};
  for (const double lambda : lambdas) spread.mean += lambda / runs;
  for (const double lambda : lambdas) spread.sd += std::pow(lambda - spread.mean, 2) / (runs - 1);
  spread.sd = std::sqrt(spread.sd);
  return spread;
}

TEST(Identify, FindsTheGeometryOfSimulatedSynapses) {
  for (const auto& [potential, lambda] :
       {std::pair{"negative_entropy", 0.0}, {"1.5-norm", 0.5}, {"2-norm", 1.0}, {"3-norm", 2.0}}) {
    const auto found =
        identify(simulate_pairs({.n = 3000, .potential = potential, .seed = 1}).pairs, for_sizes());
    EXPECT_NEAR(found.profile.best.lambda, lambda, 0.08) << potential;
    EXPECT_TRUE(found.profile.interval.contains(lambda)) << potential;
    EXPECT_EQ(found.models.front().potential, potential);
    EXPECT_GT(found.models.front().weight, 0.999);
  }
}

TEST(Identify, OfSignedWeightsKeepsTheFlips) {
  SimulateOptions simulation{.n = 4000, .potential = "3-norm", .detection_limit = -INFINITY};
  const auto found = identify(simulate_pairs(simulation).pairs, {.resamples = 0});
  EXPECT_GT(found.flips, 300);
  EXPECT_NEAR(found.profile.best.lambda, 2, 0.06);
  EXPECT_THAT(found.notes, Contains(HasSubstr("change their sign")));
}

TEST(Identify, OneFlipUnderNegativeEntropyIsAnOutlier) {
  auto pairs = simulate_pairs({.n = 3000}).pairs;
  const double without = identify(pairs, {.resamples = 0}).profile.best.lambda;
  pairs.after[7] = -pairs.after[7];
  const auto with = identify(pairs, {.resamples = 0});
  EXPECT_EQ(with.flips, 1);
  EXPECT_NEAR(with.profile.best.lambda, without, 0.01);
}

// sd(λ̂) = 0.707/(s√n): statistics.md §2 of the design, at s = 0.836.
TEST(Identify, IsAsPreciseAsTheLikelihoodAllows) {
  constexpr int kRuns = 200;
  for (const auto& [n, sd] : {std::pair{100, 0.085}, {300, 0.048}, {1000, 0.027}}) {
    const Spread spread = spread_over_seeds({.n = n, .change = 0.05}, for_sizes(), kRuns);
    EXPECT_NEAR(spread.mean, 0, 3 * spread.error()) << n;
    EXPECT_NEAR(spread.sd, sd, 3 * sd / std::sqrt(2.0 * kRuns)) << n;
  }
}

TEST(Identify, ProfileIntervalsHoldTheTruthInNinetyFivePercent) {
  constexpr int kRuns = 300;
  const ChangedPairs pairs(simulate_pairs({.n = 200, .potential = "2-norm"}).pairs);
  const double coverage =
      simulated_coverage(pairs, 1.0, 0.3, {.measurement = {.detection_limit = 0.0}, .threads = 0}, kRuns, 1);
  EXPECT_NEAR(coverage, 0.95, 3 * std::sqrt(0.95 * 0.05 / kRuns));
}

// Measurement noise imitates negative entropy (relative) and gradient descent (additive): §3 of the design.
TEST(Identify, TakesMeasurementNoiseOut) {
  struct Case {
    const char* potential;
    double truth, cv, add;
  };
  for (const auto& [potential, truth, cv, add] :
       {Case{"2-norm", 1, 0.1, 0}, {"3-norm", 2, 0.1, 0}, {"negative_entropy", 0, 0, 0.1}}) {
    const SimulateOptions simulation{.n = 1500, .potential = potential, .noise_cv = cv, .noise_add = add};
    const auto pairs = simulate_pairs(simulation).pairs;
    auto options = for_sizes({.cv = cv, .add = add});
    options.potentials = {potential};
    options.model.threads = 0;
    const auto corrected = identify(pairs, options);
    const auto naive = identify(pairs, for_sizes());
    EXPECT_NEAR(corrected.profile.best.lambda, truth, 0.16) << potential;
    EXPECT_GT(std::fabs(naive.profile.best.lambda - truth), 0.2) << potential;
  }
}

TEST(Identify, UsesTheStandardErrorOfEachSize) {
  auto pairs = simulate_pairs({.n = 800, .potential = "negative_entropy", .noise_add = 0.1}).pairs;
  auto options = for_sizes();
  options.potentials = {"negative_entropy"};
  options.model.threads = 0;
  EXPECT_GT(identify(pairs, options).profile.best.lambda, 0.12);
  pairs.se_before.assign(pairs.size(), 0.1);
  pairs.se_after.assign(pairs.size(), 0.1);
  EXPECT_NEAR(identify(pairs, options).profile.best.lambda, 0, 0.12);
}

TEST(Identify, SaysWhenNoiseIsLargerThanTheChanges) {
  const auto pairs = simulate_pairs({.n = 150, .change = 0.1, .noise_cv = 0.2}).pairs;
  auto options = for_sizes({.cv = 0.2});
  options.potentials = {"negative_entropy"};
  options.model.threads = 0;
  EXPECT_THAT(identify(pairs, options).notes, Contains(HasSubstr("times the variance of the changes")));
}

TEST(Identify, TakesTheLossOfSmallSynapsesIntoAccount) {
  const SimulateOptions simulation{.n = 3000, .potential = "2-norm", .detection_limit = 0.4};
  const auto pairs = simulate_pairs(simulation).pairs;
  EXPECT_NEAR(identify(pairs, for_sizes({.detection_limit = 0.4})).profile.best.lambda, 1, 0.1);
  EXPECT_LT(identify(pairs, {.resamples = 0}).profile.best.lambda, 0.92);
}

TEST(Identify, GroupsWithSpreadsOfTheirOwnDoNotBiasIt) {
  const SimulateOptions simulation{
      .n = 2000, .potential = "2-norm", .groups = 20, .cluster_sd = 0.8, .seed = 1};
  const auto pairs = simulate_pairs(simulation).pairs;
  for (const double cv : {0.0, 0.02}) {
    auto options = for_sizes({.cv = cv});
    options.model.threads = 0;
    options.potentials = {"2-norm"};
    EXPECT_LT(identify(pairs, options).profile.best.lambda, 0.95);
    options.model.cluster_scales = true;
    EXPECT_NEAR(identify(pairs, options).profile.best.lambda, 1, 0.1) << cv;
  }
}

TEST(Identify, BootstrapOverGroupsIsWiderWhereGroupsDiffer) {
  const SimulateOptions simulation{
      .n = 2000, .potential = "2-norm", .groups = 20, .cluster_sd = 0.8, .seed = 1};
  auto options = for_sizes();
  options.resamples = 500;
  const auto grouped = identify(simulate_pairs(simulation).pairs, options);
  ASSERT_TRUE(grouped.bootstrap);
  EXPECT_EQ(grouped.clusters, 20);
  EXPECT_GT(grouped.bootstrap->interval.width(), 1.3 * grouped.profile.interval.width());
  const auto single = identify(simulate_pairs({.n = 2000, .potential = "2-norm", .seed = 1}).pairs, options);
  EXPECT_NEAR(single.bootstrap->interval.width() / single.profile.interval.width(), 1, 0.2);
}

TEST(Identify, BootstrapIsTheSameForAnyNumberOfThreads) {
  const auto pairs = simulate_pairs({.n = 100, .seed = 2}).pairs;
  auto options = for_sizes({.cv = 0.05});
  options.resamples = 50;
  options.potentials = {"2-norm"};
  const auto serial = identify(pairs, options);
  options.model.threads = 2;
  const auto parallel = identify(pairs, options);
  EXPECT_EQ(serial.bootstrap->interval.low, parallel.bootstrap->interval.low);
  EXPECT_EQ(serial.profile.best.lambda, parallel.profile.best.lambda);
  options.seed = 1;
  EXPECT_NE(identify(pairs, options).bootstrap->interval.low, serial.bootstrap->interval.low);
}

TEST(Identify, ADriftIsToldAndTakenOut) {
  const SimulateOptions simulation{.n = 3000, .potential = "negative_entropy", .change = 0.1, .drift = -0.05};
  const auto pairs = simulate_pairs(simulation).pairs;
  auto options = for_sizes();
  const auto told = identify(pairs, options);
  EXPECT_THAT(told.notes, Contains(HasSubstr("drift by")));
  EXPECT_NEAR(told.drift, -0.05, 0.01);
  options.model.drift = true;
  const auto removed = identify(pairs, options);
  EXPECT_NEAR(removed.profile.best.lambda, 0, 0.06);
  EXPECT_GT(removed.profile.best.log_likelihood, told.profile.best.log_likelihood + 50);
}

TEST(Identify, TheLossOfSmallSizesIsNoDrift) {
  const auto found =
      identify(simulate_pairs({.n = 3000, .potential = "3-norm", .seed = 2}).pairs, for_sizes());
  EXPECT_LT(std::fabs(found.drift_z), 3);
  EXPECT_THAT(found.notes, testing::Not(Contains(HasSubstr("drift"))));
}

TEST(Identify, FitsTheSmoothPowerFamily) {
  const SimulateOptions simulation{.n = 4000, .potential = "smooth_power(lambda=0,beta=1)", .seed = 6};
  auto options = for_sizes();
  options.smooth = true;
  options.potentials = {"negative_entropy", "2-norm", "hypentropy(beta=1)"};
  const auto found = identify(simulate_pairs(simulation).pairs, options);
  ASSERT_TRUE(found.smooth);
  EXPECT_NEAR(found.smooth->lambda, 0, 0.25);
  EXPECT_NEAR(std::log(found.smooth->beta), 0, 0.5);
  EXPECT_LT(found.smooth->aic, found.aic);
  EXPECT_EQ(found.models.front().potential, "hypentropy(beta=1)");
}

TEST(Identify, SaysWhenGeometriesCannotBeToldApart) {
  const auto narrow = identify(simulate_pairs({.n = 400, .log_sd = 0.05, .change = 0.03}).pairs, for_sizes());
  EXPECT_THAT(narrow.notes, Contains(HasSubstr("differ little from each other")));
  EXPECT_THAT(narrow.notes, Contains(HasSubstr("not identified")));
}

TEST(Identify, APotentialThatCannotHoldTheSizesIsRuledOut) {
  auto options = for_sizes();
  options.potentials = {"logistic(max=1)", "2-norm"};
  const auto found = identify(simulate_pairs({.n = 100, .potential = "2-norm"}).pairs, options);
  EXPECT_EQ(found.models.back().potential, "logistic(max=1)");
  EXPECT_EQ(found.models.back().weight, 0);
  EXPECT_THAT(found.notes, Contains(HasSubstr("outside the domain of logistic(max=1)")));
}

TEST(Identify, RefusesWhatTellsNothing) {
  const auto few = simulate_pairs({.n = 5}).pairs;
  EXPECT_THROW(identify(few, for_sizes()), DataError);
  Pairs equal{.before = std::vector<double>(50, 1.0), .after = simulate_pairs({.n = 50}).pairs.after};
  EXPECT_THROW(identify(equal, for_sizes()), DataError);
  auto options = for_sizes();
  options.potentials = {"4-form"};
  EXPECT_THROW(identify(simulate_pairs({.n = 50}).pairs, options), UsageError);
  options = for_sizes({.cv = 0.1});
  options.model.drift = true;
  EXPECT_THROW(identify(simulate_pairs({.n = 50}).pairs, options), UsageError);
}

}  // namespace
}  // namespace mirrortune
