#include "theory/robustness.h"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>

#include "base/error.h"

namespace mirrortune {
namespace {

using testing::HasSubstr;

const RobustnessRow& row_of(const Robustness& result, StartWeights start, const std::string& generated,
                            const std::string& evaluated) {
  for (const auto& row : result.rows) {
    if (row.start == start && row.generated_with == generated && row.evaluated_with == evaluated) return row;
  }
  throw std::out_of_range(generated + " seen with " + evaluated);
}

bool same(const Robustness& a, const Robustness& b) {
  return std::ranges::equal(a.rows, b.rows, [](const RobustnessRow& x, const RobustnessRow& y) {
    return x.delta_cdf_mean == y.delta_cdf_mean && x.delta_cdf_sd == y.delta_cdf_sd &&
           x.sign_flips == y.sign_flips;
  });
}

struct Published {
  StartWeights start;
  std::string generated_with;
  std::vector<double> delta_cdf;  ///< means over 300 seeds, seen with the potentials of kSeenWith
  double sign_flips;
};

const std::vector<std::string> kSeenWith = {"negative_entropy", "1.1-norm", "1.5-norm",
                                            "2-norm",           "2.5-norm", "3-norm"};
const Published kPublished[] = {
    {StartWeights::normal, "negative_entropy", {.038, .039, .110, .245, .359, .449}, 0},
    {StartWeights::normal, "2-norm", {.669, .728, .298, .037, .109, .242}, .032},
    {StartWeights::normal, "3-norm", {.595, .666, .506, .291, .092, .038}, .102},
    {StartWeights::log_normal, "negative_entropy", {.036, .037, .116, .318, .495, .613}, 0},
    {StartWeights::log_normal, "2-norm", {.584, .679, .263, .037, .125, .315}, .066},
    {StartWeights::log_normal, "3-norm", {.351, .454, .271, .089, .038, .037}, .262}};

TEST(Robustness, GivesThePublishedTableWithinItsStandardErrors) {
  const Robustness result = simulate_robustness({.seeds = 300, .evaluated_with = kSeenWith, .threads = 0});
  constexpr double kRounding = 0.0005;
  for (const auto& published : kPublished) {
    SCOPED_TRACE(to_text(published.start) + " generated with " + published.generated_with);
    for (std::size_t i = 0; i < kSeenWith.size(); ++i) {
      const auto& row = row_of(result, published.start, published.generated_with, kSeenWith[i]);
      const double standard_error = row.delta_cdf_sd * std::sqrt(2.0 / 300);  // both are means of 300
      EXPECT_NEAR(row.delta_cdf_mean, published.delta_cdf[i], 3.5 * standard_error + kRounding)
          << kSeenWith[i];
    }
    const double flips = row_of(result, published.start, published.generated_with, "2-norm").sign_flips;
    EXPECT_NEAR(flips, published.sign_flips, 0.003);
  }
}

TEST(Robustness, IsLowestAtTheGeneratingPotentialAndThereAtTheFloor) {
  const Robustness result = simulate_robustness({.seeds = 100, .threads = 0});
  EXPECT_NEAR(result.floor, 1.184 / std::sqrt(1000.0), 1e-4);
  for (const StartWeights start : kStartWeights) {
    for (const auto& generated : result.options.generated_with) {
      const auto& own = row_of(result, start, generated, generated);
      EXPECT_NEAR(own.delta_cdf_mean, result.floor, 4 * own.delta_cdf_sd / 10);
      for (const auto& evaluated : result.options.evaluated_with) {
        EXPECT_GE(row_of(result, start, generated, evaluated).delta_cdf_mean, own.delta_cdf_mean - 0.003);
      }
    }
  }
}

TEST(Robustness, HasTheSameBitsForAnyNumberOfThreads) {
  RobustnessOptions options{.weights = 50, .seeds = 9};
  const Robustness one = simulate_robustness(options);
  options.threads = 4;
  EXPECT_TRUE(same(one, simulate_robustness(options)));
}

TEST(Robustness, HonoursEveryOption) {
  const RobustnessOptions plain{.weights = 60, .seeds = 3, .evaluated_with = {"2-norm", "3-norm"}};
  const Robustness expected = simulate_robustness(plain);
  const std::vector<std::function<void(RobustnessOptions&)>> changes = {
      [](auto& o) { o.weights = 61; },
      [](auto& o) { o.seeds = 4; },
      [](auto& o) { o.change = 0.2; },
      [](auto& o) { o.reference = 0.2; },
      [](auto& o) { o.normal_sd = 0.2; },
      [](auto& o) { o.log_normal_mean = 0.05; },
      [](auto& o) { o.seed = 1; },
      [](auto& o) { o.generated_with = {"1.5-norm"}; },
      [](auto& o) { o.evaluated_with.pop_back(); }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    RobustnessOptions options = plain;
    changes[i](options);
    EXPECT_FALSE(same(expected, simulate_robustness(options))) << i;
  }
}

TEST(Robustness, TakesAnyPotentialThatHasTheWeights) {
  const std::vector<std::string> others = {"hypentropy(beta=0.01)", "smooth_power(lambda=0.5,beta=0.01)",
                                           "log_linear(delta=0.01)", "l2_plus_3norm(a=1,b=10)", "1.01-norm"};
  const Robustness result =
      simulate_robustness({.seeds = 20, .generated_with = others, .evaluated_with = others, .threads = 0});
  for (const auto& other : others) {
    const auto& own = row_of(result, StartWeights::normal, other, other);
    EXPECT_NEAR(own.delta_cdf_mean, result.floor, 4 * own.delta_cdf_sd / std::sqrt(20.0)) << other;
  }
}

TEST(Robustness, RefusesWhatIsOutOfRange) {
  const auto refusal = [](RobustnessOptions options) -> std::string {
    try {
      simulate_robustness(options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal({.weights = 1}), HasSubstr("weights is 1: must be 2 or more"));
  EXPECT_THAT(refusal({.seeds = 0}), HasSubstr("seeds is 0"));
  EXPECT_THAT(refusal({.change = 0}), HasSubstr("change is 0"));
  EXPECT_THAT(refusal({.normal_sd = -1}), HasSubstr("normal_sd is -1"));
  EXPECT_THAT(refusal({.log_normal_mean = NAN}), HasSubstr("log_normal_mean is nan"));
  EXPECT_THAT(refusal({.reference = 0}), HasSubstr("reference weight 0"));
  EXPECT_THAT(refusal({.generated_with = {}}), HasSubstr("no potential"));
  EXPECT_THAT(refusal({.generated_with = {"logistic(max=1)"}}), HasSubstr("outside the domain of logistic"));
  EXPECT_THAT(refusal({.evaluated_with = {"bounded(max=0.05)"}}), HasSubstr("bounded(max=0.05)"));
  EXPECT_THAT(refusal({.evaluated_with = {"1-norm"}}), HasSubstr("1-norm"));
}

}  // namespace
}  // namespace mirrortune
