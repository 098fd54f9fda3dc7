#include "geometry/simulate.h"

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "potential/potential.h"
#include "support/paths.h"

#include "geometry/table.h"

namespace mirrortune {
namespace {

using testing::HasSubstr;

constexpr double kEverything = -std::numeric_limits<double>::infinity();

struct Moments {
  double n, mean, sd, kurtosis;  ///< kurtosis: of the fourth moment, 3 of a Gaussian

  double se_of_mean() const { return sd / std::sqrt(n); }
  double se_of_sd() const { return sd * std::sqrt((kurtosis - 1) / n) / 2; }
};

Moments moments_of(const std::vector<double>& values) {
  Moments m{static_cast<double>(values.size()), 0, 0, 0};
  double squares = 0, fourth = 0;
  for (const double x : values) m.mean += x / m.n;
  for (const double x : values) squares += std::pow(x - m.mean, 2) / m.n;
  for (const double x : values) fourth += std::pow(x - m.mean, 4) / m.n;
  m.sd = std::sqrt(squares);
  m.kurtosis = squares > 0 ? fourth / (squares * squares) : 3;
  return m;
}

void expect_moments(const std::vector<double>& values, double mean, double sd) {
  const Moments m = moments_of(values);
  EXPECT_NEAR(m.mean, mean, 4 * m.se_of_mean());
  EXPECT_NEAR(m.sd, sd, 4 * m.se_of_sd());
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const Moments first = moments_of(a), second = moments_of(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - first.mean) * (b[i] - second.mean);
  return sum / (first.n * first.sd * second.sd);
}

using Function = std::function<double(double before, double after)>;

std::vector<double> each(const Pairs& pairs, const Function& function) {
  std::vector<double> values;
  for (std::size_t i = 0; i < pairs.size(); ++i) values.push_back(function(pairs.before[i], pairs.after[i]));
  return values;
}

std::vector<double> log_before(const Pairs& pairs) {
  return each(pairs, [](double before, double) { return std::log(before); });
}

/// The share of a log-normal of median 1 whose Gaussian change of this sd ends at 0 or below, by the
/// trapezium rule.
double lost_share(double log_sd, double change_sd) {
  constexpr double kStep = 0.001;
  double share = 0;
  for (double z = -8; z < 8; z += kStep) {
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    share += kStep * density * std::erfc(std::exp(log_sd * z) / change_sd / std::numbers::sqrt2) / 2;
  }
  return share;
}

TEST(Simulate, SizesBeforeAreLogNormal) {
  const auto simulated = simulate_pairs({.n = 20'000, .log_mean = -2, .log_sd = 0.5, .seed = 1});
  EXPECT_EQ(simulated.counts.pairs, 20'000u);
  expect_moments(log_before(simulated.pairs), -2, 0.5);
}

class SimulatedPotentials : public testing::TestWithParam<const char*> {};

TEST_P(SimulatedPotentials, HaveDualChangesAsTheOptionsSay) {
  const Potential potential = parse_potential(GetParam());
  const double median = 0.5;
  const double unit = median * second_derivative(potential, median);
  const auto simulated = simulate_pairs({.n = 20'000,
                                         .potential = GetParam(),
                                         .log_mean = std::log(median),
                                         .change = 0.2,
                                         .drift = 0.05,
                                         .detection_limit = kEverything,
                                         .seed = 2});
  ASSERT_EQ(simulated.pairs.size(), 20'000u);
  const auto dual_changes = each(simulated.pairs, [&](double before, double after) {
    return to_dual(potential, after) - to_dual(potential, before);
  });
  expect_moments(dual_changes, 0.05 * unit, 0.2 * unit);
  EXPECT_NEAR(correlation(dual_changes, log_before(simulated.pairs)), 0, 4 / std::sqrt(20'000));
}

INSTANTIATE_TEST_SUITE_P(All, SimulatedPotentials,
                         testing::Values("negative_entropy", "2-norm", "3-norm", "1.5-norm",
                                         "hypentropy(beta=0.5)", "smooth_power(lambda=0.5,beta=0.1)",
                                         "log_linear(delta=0.3)", "l2_plus_3norm(a=1,b=2)", "logistic(max=3)",
                                         "bounded(max=3)"));

TEST(Simulate, DrawsAgainWhatThePotentialDoesNotHave) {
  const auto burg = simulate_synapses({.n = 5'000, .potential = "burg", .seed = 3});
  EXPECT_GT(counts_of(burg).redrawn, 50u);
  EXPECT_EQ(counts_of(burg).pairs, 5'000u);
  const auto bounded = simulate_synapses({.n = 5'000, .potential = "bounded(max=2)", .seed = 3});
  EXPECT_GT(counts_of(bounded).redrawn, 500u);
  for (const auto& synapse : bounded) EXPECT_LT(std::max(synapse.before, synapse.after), 2);
  EXPECT_EQ(counts_of(simulate_synapses({.seed = 3})).redrawn, 0u);
}

TEST(Simulate, TheSameSeedGivesTheSameBitsAndMoreSynapsesBeginWithThem) {
  for (const ChangeProcess process :
       {ChangeProcess::potential, ChangeProcess::kesten, ChangeProcess::log_ou}) {
    const auto options = [&](std::int64_t n, std::uint64_t seed) {
      return SimulateOptions{.n = n,
                             .process = process,
                             .potential = "burg",
                             .noise_cv = 0.1,
                             .noise_add = 0.1,
                             .groups = 7,
                             .cluster_sd = 0.1,
                             .seed = seed};
    };
    const std::string few = to_csv(simulate_synapses(options(50, 4)));
    EXPECT_EQ(few, to_csv(simulate_synapses(options(50, 4))));
    EXPECT_EQ(few, to_csv(simulate_synapses(options(500, 4))).substr(0, few.size()));
    EXPECT_NE(few, to_csv(simulate_synapses(options(50, 5))));
  }
}

TEST(Simulate, MeasuresWithRelativeNoise) {
  const double log_sd = std::sqrt(std::log1p(0.2 * 0.2));
  const auto simulated = simulate_pairs({.n = 20'000, .change = 0, .noise_cv = 0.2, .seed = 5});
  const auto log_ratios =
      each(simulated.pairs, [](double before, double after) { return std::log(after / before); });
  expect_moments(log_ratios, 0, std::numbers::sqrt2 * log_sd);
  const auto of_one_size =
      simulate_pairs({.n = 20'000, .log_sd = 0, .change = 0, .noise_cv = 0.2, .seed = 5});
  expect_moments(of_one_size.pairs.after, 1, 0.2);
}

TEST(Simulate, MeasuresWithAdditiveNoiseInUnitsOfTheMedian) {
  const auto simulated = simulate_pairs({.n = 20'000,
                                         .log_mean = std::log(4.0),
                                         .change = 0,
                                         .noise_add = 0.1,
                                         .detection_limit = kEverything,
                                         .seed = 6});
  const auto differences = each(simulated.pairs, [](double before, double after) { return after - before; });
  expect_moments(differences, 0, std::numbers::sqrt2 * 0.4);
}

TEST(Simulate, LosesSynapsesWhoseSizeVanishes) {
  const double n = 20'000;
  const auto synapses = simulate_synapses({.n = 20'000, .potential = "2-norm", .seed = 7});
  const SimulatedCounts counts = counts_of(synapses);
  const double share = lost_share(0.836, 0.3);
  EXPECT_NEAR(share, 0.034, 0.002);  // the figure of statistics.md, section 3
  EXPECT_NEAR(static_cast<double>(counts.lost), n * share, 4 * std::sqrt(n * share));
  EXPECT_EQ(counts.pairs + counts.lost, 20'000u);
  for (const auto& synapse : synapses) EXPECT_GT(synapse.before, 0);
}

TEST(Simulate, SeesNothingBelowTheDetectionLimit) {
  const auto synapses = simulate_synapses({.n = 2'000, .noise_add = 0.1, .detection_limit = 0.4, .seed = 8});
  const SimulatedCounts counts = counts_of(synapses);
  EXPECT_GT(counts.lost, 20u);
  EXPECT_GT(counts.appeared, 20u);
  EXPECT_GT(counts.unseen, 20u);
  EXPECT_EQ(counts.pairs + counts.lost + counts.appeared + counts.unseen, 2'000u);
  for (const SimulatedSynapse& synapse : synapses) {
    EXPECT_FALSE(synapse.before <= 0.4);
    EXPECT_FALSE(synapse.after <= 0.4);
  }
}

TEST(Simulate, ClustersHaveScalesOfTheirOwn) {
  constexpr std::size_t kGroups = 200, kEach = 400;
  const auto simulated =
      simulate_pairs({.n = kGroups * kEach, .groups = kGroups, .cluster_sd = 0.3, .seed = 9});
  ASSERT_EQ(simulated.pairs.group_names.size(), kGroups);
  std::vector<std::vector<double>> changes(kGroups);
  for (std::size_t i = 0; i < simulated.pairs.size(); ++i) {
    const auto group = static_cast<std::size_t>(simulated.pairs.groups[i]);
    EXPECT_EQ(simulated.pairs.group_names[group], std::to_string(i % kGroups));
    changes[group].push_back(std::log(simulated.pairs.after[i] / simulated.pairs.before[i]));
  }
  std::vector<double> log_scales;
  for (const auto& group : changes) log_scales.push_back(std::log(moments_of(group).sd));
  const double error_of_each = 1 / std::sqrt(2.0 * kEach);
  expect_moments(log_scales, std::log(0.3), std::hypot(0.3, error_of_each));
}

TEST(Kesten, LeavesMeanAndVarianceAndPullsToTheMean) {
  const double median = 2, log_sd = 0.4, change = 0.2;
  const auto simulated = simulate_pairs({.n = 40'000,
                                         .process = ChangeProcess::kesten,
                                         .log_mean = std::log(median),
                                         .log_sd = log_sd,
                                         .change = change,
                                         .detection_limit = kEverything,
                                         .seed = 10});
  const double mean = median * std::exp(log_sd * log_sd / 2);
  const double variance = mean * mean * std::expm1(log_sd * log_sd);
  const double of_factor = change * change / 2;            // σ_a²
  const double of_addition = of_factor * median * median;  // σ_b²
  const double residual = of_factor * (variance + mean * mean) + of_addition;
  const double pull = std::sqrt(1 - residual / variance);
  expect_moments(simulated.pairs.after, mean, std::sqrt(variance));
  const auto residuals = each(simulated.pairs, [&](double before, double after) {
    return after - pull * before - (1 - pull) * mean;
  });
  expect_moments(residuals, 0, std::sqrt(residual));
  EXPECT_NEAR(correlation(residuals, simulated.pairs.before), 0, 0.03);
  // The variance of a change is σ_a² w² + σ_b².
  const auto standardised = each(simulated.pairs, [&](double before, double after) {
    return (after - pull * before - (1 - pull) * mean) / std::sqrt(of_factor * before * before + of_addition);
  });
  expect_moments(standardised, 0, 1);
}

TEST(LogOu, LeavesTheLogNormalAndRemembers) {
  const auto simulated = simulate_pairs({.n = 20'000,
                                         .process = ChangeProcess::log_ou,
                                         .log_mean = 1,
                                         .log_sd = 0.5,
                                         .change = 0.3,
                                         .seed = 11});
  const auto after = each(simulated.pairs, [](double, double w) { return std::log(w); });
  expect_moments(after, 1, 0.5);
  const double remembered = std::sqrt(1 - 0.36);
  EXPECT_NEAR(correlation(after, log_before(simulated.pairs)), remembered,
              4 * (1 - remembered * remembered) / std::sqrt(20'000));
}

TEST(SimulatedTable, ReadsBackAsTheSamePairs) {
  const SimulateOptions options{.n = 2'000, .potential = "2-norm", .noise_add = 0.2, .groups = 5, .seed = 12};
  const test::TemporaryFolder folder;
  write_file(folder / "t.csv", std::string_view(to_csv(simulate_synapses(options))));
  const PairsTable table = read_pairs(folder / "t.csv");
  const SimulatedPairs simulated = simulate_pairs(options);
  EXPECT_EQ(table.pairs.before, simulated.pairs.before);
  EXPECT_EQ(table.pairs.after, simulated.pairs.after);
  EXPECT_EQ(table.counts.only_before, simulated.counts.lost);
  EXPECT_EQ(table.counts.only_after, simulated.counts.appeared);
  EXPECT_EQ(table.counts.in_neither, simulated.counts.unseen);
  for (std::size_t i = 0; i < table.pairs.size(); ++i) {
    EXPECT_EQ(table.pairs.group_names[static_cast<std::size_t>(table.pairs.groups[i])],
              simulated.pairs.group_names[static_cast<std::size_t>(simulated.pairs.groups[i])]);
  }
}

TEST(SimulatedTable, HasNoGroupColumnWithoutClusters) {
  EXPECT_THAT(to_csv(simulate_synapses({.n = 3})), testing::StartsWith("id,pre,post\n0,"));
}

TEST(SimulatedTable, MeasuresTheSizesBeforeTwiceWithAControl) {
  SimulateOptions options{.n = 1'000, .noise_cv = 0.1, .seed = 3};
  const auto without = simulate_synapses(options);
  options.control = true;
  const auto with = simulate_synapses(options);
  EXPECT_FALSE(without[0].control);
  double squares = 0;
  for (std::size_t i = 0; i < with.size(); ++i) {
    EXPECT_EQ(with[i].before, without[i].before);
    squares += std::pow(std::log(*with[i].control / with[i].before), 2);
  }
  EXPECT_NEAR(squares / 1'000, 2 * std::log1p(0.01), 4 * 2 * 0.01 * std::sqrt(2.0 / 1'000));
  EXPECT_THAT(to_csv(with), testing::StartsWith("id,control,pre,post\n0,"));
}

struct BadOptions {
  std::string name;
  void (*spoil)(SimulateOptions&);
  std::string words;  ///< that stand in the message
};

class BadSimulateOptions : public testing::TestWithParam<BadOptions> {};

TEST_P(BadSimulateOptions, AreRefused) {
  SimulateOptions options;
  GetParam().spoil(options);
  try {
    simulate_synapses(options);
    FAIL() << "must throw";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().words));
  }
}

void make_kesten(SimulateOptions& options, double change) {
  options.process = ChangeProcess::kesten;
  options.change = change;
}

void make_log_ou(SimulateOptions& options, double change) {
  options.process = ChangeProcess::log_ou;
  options.change = change;
}

const std::vector<BadOptions> kBad = {
    {"no_synapses", [](auto& o) { o.n = 0; }, "1 to 1000000000 synapses"},
    {"unknown_potential", [](auto& o) { o.potential = "1-norm"; }, "1-norm"},
    {"median_outside", [](auto& o) { o.potential = "logistic(max=0.5)"; }, "outside the domain"},
    {"log_mean", [](auto& o) { o.log_mean = 101; }, "log_mean is 101; it must be from -100 to 100"},
    {"log_sd", [](auto& o) { o.log_sd = -0.1; }, "log_sd"},
    {"change", [](auto& o) { o.change = NAN; }, "change is nan"},
    {"drift", [](auto& o) { o.drift = -1e9; }, "drift"},
    {"noise_cv", [](auto& o) { o.noise_cv = -1; }, "noise_cv"},
    {"noise_add", [](auto& o) { o.noise_add = -1; }, "noise_add"},
    {"detection_limit", [](auto& o) { o.detection_limit = HUGE_VAL; }, "detection limit"},
    {"groups", [](auto& o) { o.groups = o.n + 1; }, "as many synapses as groups"},
    {"cluster_sd", [](auto& o) { o.cluster_sd = 0.1; }, "cluster_sd needs groups"},
    {"steps_too_large", [](auto& o) { o.drift = 1000; }, "too large for the potential"},
    {"kesten_too_wide", [](auto& o) { make_kesten(o, 0.95); }, "Kesten"},
    {"kesten_drift",
     [](auto& o) {
       make_kesten(o, 0.1);
       o.drift = 0.1;
     },
     "no drift"},
    {"log_ou_too_wide", [](auto& o) { make_log_ou(o, 0.9); }, "Ornstein"},
    {"cluster_too_wide",
     [](auto& o) {
       make_log_ou(o, 0.8);
       o.groups = 100;
       o.cluster_sd = 0.5;
     },
     "Ornstein"},
};

INSTANTIATE_TEST_SUITE_P(All, BadSimulateOptions, testing::ValuesIn(kBad),
                         [](const auto& bad) { return bad.param.name; });

}  // namespace
}  // namespace mirrortune
