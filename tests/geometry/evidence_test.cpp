#include "geometry/evidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include "analysis/normal.h"
#include "analysis/potentials.h"

#include "geometry/simulate.h"

namespace mirrortune {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

/// With the options that the command line gives a table of positive sizes.
IdentifyOptions of_sizes() { return {.model = {.measurement = {.detection_limit = 0.0}}, .resamples = 0}; }

/// Simulated synapses with what is found in them.
struct Found {
  Pairs pairs;
  IdentifyOptions options;
  Identification identification;
  TableEvidence evidence;
};

Found find(const SimulateOptions& simulation, const IdentifyOptions& options = of_sizes()) {
  Found found{
      .pairs = simulate_pairs(simulation).pairs, .options = options, .identification = {}, .evidence = {}};
  found.identification = identify(found.pairs, options);
  found.evidence = table_evidence(found.pairs, options, found.identification);
  return found;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sd_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

TEST(ProfileCurve, IsHighestAtTheEstimateAndCrossesTheCutAtTheEndsOfTheInterval) {
  const Found found = find({.n = 400, .potential = "2-norm", .seed = 2});
  const Profile& profile = found.identification.profile;
  const auto& curve = found.evidence.profile;
  const auto top = std::ranges::max_element(curve, {}, &ProfilePoint::log_likelihood);
  EXPECT_EQ(top->lambda, profile.best.lambda);
  EXPECT_EQ(top->log_likelihood, profile.best.log_likelihood);
  EXPECT_TRUE(std::ranges::is_sorted(curve, {}, &ProfilePoint::lambda));
  for (const double end : {profile.interval.low, profile.interval.high}) {
    const auto point = std::ranges::find(curve, end, &ProfilePoint::lambda);
    ASSERT_NE(point, curve.end());
    // The ends are known to 1e-4, and the curve falls by 2·1.92 over the half-width there.
    const double slope = 2 * kProfileDrop / std::fabs(end - profile.best.lambda);
    EXPECT_NEAR(point->log_likelihood - top->log_likelihood, -kProfileDrop, 1e-4 * slope);
  }
  EXPECT_NEAR(curve.front().lambda, 2 * profile.interval.low - profile.best.lambda, 1e-12);
  EXPECT_NEAR(curve.back().lambda, 2 * profile.interval.high - profile.best.lambda, 1e-12);
}

// ℓ(λ) = −(n/2)(ln(2π mean d²) + 1) + (λ−1) Σ ln w1, by hand, where no size can be lost.
TEST(ProfileCurve, IsTheLikelihoodOfTheDesign) {
  const IdentifyOptions options{.resamples = 0};
  const Found found = find({.n = 300, .potential = "1.5-norm", .change = 0.1, .seed = 4}, options);
  const auto n = static_cast<double>(found.pairs.size());
  for (const auto& point : found.evidence.profile) {
    double squares = 0, logs = 0;
    for (std::size_t i = 0; i < found.pairs.size(); ++i) {
      const double d =
          (std::pow(found.pairs.after[i], point.lambda) - std::pow(found.pairs.before[i], point.lambda)) /
          point.lambda;
      squares += d * d;
      logs += std::log(found.pairs.after[i]);
    }
    const double expected = -n / 2 * (std::log(2 * M_PI * squares / n) + 1) + (point.lambda - 1) * logs;
    EXPECT_NEAR(point.log_likelihood, expected, 1e-6 * n) << point.lambda;
  }
}

TEST(StandardisedChanges, AreTheDualChangesByHandInUnitsOfTheirSd) {
  const Pairs pairs = simulate_pairs({.n = 500, .seed = 6}).pairs;
  struct Case {
    const char* potential;
    double (*dual)(double);
  };
  for (const auto& [potential, dual] : {Case{"negative_entropy", [](double w) { return std::log(w); }},
                                        {"2-norm", [](double w) { return w; }},
                                        {"3-norm", [](double w) { return w * w; }},
                                        {"1.5-norm", [](double w) { return std::sqrt(w); }}}) {
    std::vector<double> expected;
    for (std::size_t i = 0; i < pairs.size(); ++i)
      expected.push_back(dual(pairs.after[i]) - dual(pairs.before[i]));
    const double sd = sd_of(expected);
    for (double& change : expected) change /= sd;
    std::sort(expected.begin(), expected.end());
    const auto found =
        standardised_changes(potential_named(potential), ChangedPairs(pairs), of_sizes().model);
    ASSERT_EQ(found.size(), expected.size());
    EXPECT_NEAR(sd_of(found), 1, 1e-12);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-9) << potential;
  }
}

/// In units of their sd and in rising order.
std::vector<double> by_hand(std::vector<double> changes) {
  const double sd = sd_of(changes);
  for (double& change : changes) change /= sd;
  std::sort(changes.begin(), changes.end());
  return changes;
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-9);
}

TEST(StandardisedChanges, KeepADriftUnlessItIsEstimated) {
  Pairs pairs = simulate_pairs({.n = 1000, .potential = "2-norm", .change = 0.1}).pairs;
  for (double& size : pairs.after) size *= 1.2;
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    products += pairs.before[i] * (pairs.after[i] - pairs.before[i]);
    squares += pairs.before[i] * pairs.before[i];
  }
  std::vector<double> with, without;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    with.push_back(pairs.after[i] - pairs.before[i]);
    without.push_back(with[i] - products / squares * pairs.before[i]);
  }
  const Potential potential = potential_named("2-norm");
  expect_near(standardised_changes(potential, ChangedPairs(pairs), {}), by_hand(with));
  expect_near(standardised_changes(potential, ChangedPairs(pairs), {.drift = true}), by_hand(without));
}

TEST(StandardisedChanges, AreInUnitsOfTheirClustersSpread) {
  const Pairs pairs = simulate_pairs({.n = 1000, .change = 0.1, .groups = 10, .cluster_sd = 0.3}).pairs;
  std::vector<double> changes, squares(10), counts(10);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    changes.push_back(std::log(pairs.after[i] / pairs.before[i]));
    squares[static_cast<std::size_t>(pairs.groups[i])] += changes[i] * changes[i];
    counts[static_cast<std::size_t>(pairs.groups[i])] += 1;
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto group = static_cast<std::size_t>(pairs.groups[i]);
    changes[i] /= std::sqrt(squares[group] / counts[group]);
  }
  expect_near(standardised_changes(potential_named("negative_entropy"), ChangedPairs(pairs),
                                   {.cluster_scales = true}),
              by_hand(changes));
}

TEST(StandardisedChanges, WithNoiseAreInUnitsOfThePairsOwnSpread) {
  const ChangedPairs pairs(
      simulate_pairs({.n = 6000, .potential = "2-norm", .change = 0.1, .noise_cv = 0.1}).pairs);
  const auto fourth = [&](const Measurement& measurement) {
    double sum = 0;
    const auto changes = standardised_changes(potential_named("2-norm"), pairs, {.measurement = measurement});
    for (const double z : changes) sum += std::pow(z, 4);
    return sum / static_cast<double>(changes.size());
  };
  EXPECT_NEAR(fourth({.cv = 0.1}), 3, 0.4);
  EXPECT_GT(fourth({}), 6);
}

TEST(TableEvidence, LeavesOutPotentialsThatCannotHaveMadeTheSizes) {
  auto options = of_sizes();
  options.potentials = {"2-norm", "logistic(max=1)"};
  const Found found = find({.n = 300, .potential = "2-norm"}, options);
  ASSERT_EQ(found.evidence.candidates.size(), 1u);
  EXPECT_EQ(found.evidence.candidates[0].potential, "2-norm");
}

TEST(TableEvidence, CountsEveryChangeOnceInTheHistogram) {
  const Found found = find({.n = 2000, .potential = "3-norm"});
  ASSERT_EQ(found.evidence.candidates.size(), 5u);
  for (std::size_t k = 0; k < 5; ++k) {
    const auto& candidate = found.evidence.candidates[k];
    EXPECT_EQ(candidate.potential, found.identification.models[k].potential);
    double share = candidate.outside;
    for (const auto& bar : candidate.histogram) share += bar.density * (bar.right - bar.left);
    EXPECT_NEAR(share, 1, 1e-9) << candidate.potential;
    EXPECT_EQ(candidate.histogram.front().left, -kHistogramEnd);
    EXPECT_NEAR(candidate.histogram.back().right, kHistogramEnd, 1e-12);
  }
}

TEST(TableEvidence, QuantilesOfTheTruePotentialLieOnTheDiagonal) {
  const Found found = find({.n = 4000, .seed = 8});
  const auto farthest = [](const CandidateChanges& candidate) {
    double most = 0;
    for (const auto& [normal, observed] : candidate.quantiles) {
      if (std::fabs(normal) < 2) most = std::max(most, std::fabs(observed - normal));
    }
    return most;
  };
  const auto& candidates = found.evidence.candidates;
  EXPECT_EQ(candidates.front().potential, "negative_entropy");
  EXPECT_LT(farthest(candidates.front()), 0.12);
  EXPECT_GT(farthest(candidates.back()), 0.4);
  EXPECT_NEAR(candidates.front().quantiles.back().normal,
              normal_quantile(1 - 0.5 / static_cast<double>(found.pairs.size())), 1e-9);
}

TEST(TableEvidence, LineHasTheEstimatedSlopeAndHalfOfTheChangesAboveIt) {
  const Found found = find({.n = 999, .potential = "2-norm"});
  const ChangeGrowth& growth = found.evidence.growth;
  EXPECT_EQ(growth.slope, 1 - found.identification.profile.best.lambda);
  std::size_t above = 0;
  for (const auto& one : growth.sample) {
    above += std::log(one.change) > growth.intercept + growth.slope * std::log(one.size);
  }
  EXPECT_NEAR(static_cast<double>(above), static_cast<double>(growth.sample.size()) / 2, 1);
  for (const auto& group : growth.medians) {
    EXPECT_NEAR(std::log(group.change), growth.intercept + growth.slope * std::log(group.size), 0.5);
  }
}

TEST(TableEvidence, SamplesALargeTableWithoutReplacementAndTheSameEveryTime) {
  auto options = of_sizes();
  options.potentials = {"2-norm"};
  const Found found = find({.n = 6000, .potential = "2-norm", .change = 0.1}, options);
  const auto& sample = found.evidence.growth.sample;
  EXPECT_EQ(sample.size(), kMostDrawn);
  std::vector<double> sizes = found.pairs.before;
  std::sort(sizes.begin(), sizes.end());
  std::vector<double> drawn;
  for (const auto& one : sample) drawn.push_back(one.size);
  const double middle = sizes[sizes.size() / 2];
  const auto below = std::ranges::count_if(drawn, [&](double size) { return size < middle; });
  EXPECT_NEAR(static_cast<double>(below), kMostDrawn / 2, 4 * std::sqrt(kMostDrawn / 4.0));
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(std::unique(drawn.begin(), drawn.end()), drawn.end());
  const auto again = table_evidence(found.pairs, found.options, found.identification).growth.sample;
  EXPECT_TRUE(std::ranges::equal(sample, again, {}, &SizeAndChange::size, &SizeAndChange::size));
  options.seed = 1;
  const auto other = table_evidence(found.pairs, options, found.identification).growth.sample;
  EXPECT_FALSE(std::ranges::equal(sample, other, {}, &SizeAndChange::size, &SizeAndChange::size));
}

TEST(WouldChange, NamesTheNextPotentialWhatIsExcludedAndTheNoiseThatMatters) {
  const Found found = find({.n = 1000, .potential = "2-norm", .seed = 1});
  EXPECT_THAT(found.identification.would_change,
              AllOf(Contains(HasSubstr("next after 2-norm is ")),
                    Contains(AllOf(HasSubstr("excludes the lambda of negative_entropy (0), 1.5-norm (0.5)"),
                                   HasSubstr("3-norm (2)"))),
                    Contains(HasSubstr("errors of measurement"))));
}

// The half-width shrinks with √n.
TEST(WouldChange, SaysHowManyChangesWouldNotExcludeTheNearest) {
  auto options = of_sizes();
  options.potentials = {"2-norm", "1.9-norm"};
  const Found many = find({.n = 1600, .potential = "2-norm", .seed = 3}, options);
  const Interval& interval = many.identification.interval();
  const double best = many.identification.profile.best.lambda;
  const double needed =
      static_cast<double>(many.identification.n) * std::pow((interval.low - best) / (0.9 - best), 2);
  ASSERT_GT(needed, 8);
  const double digit = std::pow(10, std::floor(std::log10(needed)) - 1);
  EXPECT_THAT(many.identification.would_change,
              Contains(HasSubstr("about " + std::to_string(std::lround(std::ceil(needed / digit) * digit)))));
}

}  // namespace
}  // namespace mirrortune
