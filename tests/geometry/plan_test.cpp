#include "geometry/plan.h"

#include <cmath>

#include <gmock/gmock.h>

#include "base/error.h"

namespace mirrortune {
namespace {

using testing::Contains;
using testing::HasSubstr;

PlanOptions options_for(const std::string& truth, const std::string& alternative, PlanTest test, double power,
                        int simulations = 0) {
  return {.synapses = {.potential = truth, .change = 0.05},
          .alternative = alternative,
          .test = test,
          .power = power,
          .simulations = simulations,
          .threads = 0};
}

// mathematics.md §5 of the design.
TEST(Plan, W1OfAScaleMixture) {
  for (const auto& [tau, w1] : {std::pair{0.05, 0.00188},
                                {0.1, 0.00745},
                                {0.2, 0.0288},
                                {0.3, 0.0614},
                                {0.4, 0.1025},
                                {0.5, 0.1495},
                                {0.836, 0.3247},
                                {1.0, 0.4084},
                                {1.5, 0.614},
                                {2.0, 0.728}}) {
    EXPECT_NEAR(scale_mixture_w1(tau), w1, 1e-3 * std::max(1.0, w1)) << tau;
  }
}

TEST(Plan, FormulasAreThoseOfTheDesign) {
  const auto n = [](const std::string& truth, const std::string& alternative, PlanTest test, double power) {
    return plan_experiment(options_for(truth, alternative, test, power)).n;
  };
  EXPECT_EQ(n("negative_entropy", "2-norm", PlanTest::likelihood, 0.95), 8);
  EXPECT_NEAR(static_cast<double>(n("negative_entropy", "1.1-norm", PlanTest::likelihood, 0.95)), 774, 2);
  EXPECT_NEAR(static_cast<double>(n("negative_entropy", "1.5-norm", PlanTest::rejection, 0.80)), 586, 5);
}

TEST(Plan, PowerAndNumberAreInverse) {
  auto options = options_for("2-norm", "1.5-norm", PlanTest::rejection, 0.9);
  const Plan plan = plan_experiment(options);
  EXPECT_GE(plan.power, 0.9);
  options.n = plan.n - 1;
  EXPECT_LT(plan_experiment(options).power, 0.9);
  EXPECT_EQ(plan_experiment(options).n, plan.n - 1);
}

// The table of statistics.md §4: synapses with which the greater likelihood is right in 95 %, and with which
// ΔCDF refuses the alternative with a power of 80 %. Its numbers are rounded, and ours are simulated.
TEST(Plan, SimulationsGiveTheTableOfTheDesign) {
  struct Row {
    const char *truth, *alternative;
    PlanTest test;
    double power, n;
  };
  for (const auto& [truth, alternative, test, power, n] :
       {Row{"negative_entropy", "2-norm", PlanTest::likelihood, 0.95, 14},
        Row{"negative_entropy", "3-norm", PlanTest::likelihood, 0.95, 8},
        Row{"2-norm", "3-norm", PlanTest::likelihood, 0.95, 14},
        Row{"negative_entropy", "1.5-norm", PlanTest::likelihood, 0.95, 38},
        Row{"negative_entropy", "2-norm", PlanTest::rejection, 0.80, 75},
        Row{"negative_entropy", "3-norm", PlanTest::rejection, 0.80, 25},
        Row{"2-norm", "3-norm", PlanTest::rejection, 0.80, 75},
        Row{"negative_entropy", "2-norm", PlanTest::delta_cdf, 0.95, 50}}) {
    const Plan plan = plan_experiment(options_for(truth, alternative, test, power, 600));
    EXPECT_NEAR(static_cast<double>(plan.n), n, 0.25 * n) << truth << " or " << alternative;
  }
}

TEST(Plan, NoiseCostsSynapses) {
  auto options = options_for("2-norm", "negative_entropy", PlanTest::likelihood, 0.9, 60);
  options.synapses.change = 0.2;
  const auto without = plan_experiment(options).n;
  options.synapses.noise_cv = 0.2;
  EXPECT_GT(plan_experiment(options).n, without);
}

TEST(Plan, SaysWhereTheFormulaIsTooHopeful) {
  const auto plan = plan_experiment(options_for("negative_entropy", "2-norm", PlanTest::likelihood, 0.95));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("--simulate")));
}

TEST(Plan, RefusesWhatItCannotAnswer) {
  EXPECT_THROW(plan_experiment(options_for("2-norm", "2-norm", PlanTest::likelihood, 0.9)), UsageError);
  EXPECT_THROW(plan_experiment(options_for("2-norm", "2.001-norm", PlanTest::likelihood, 0.99)), UsageError);
  EXPECT_THROW(plan_experiment(options_for("2-norm", "3-norm", PlanTest::likelihood, 1.0)), UsageError);
  EXPECT_THROW(plan_experiment(options_for("2-norm", "hypentropy(beta=1)", PlanTest::likelihood, 0.9)),
               UsageError);
  EXPECT_THROW(plan_experiment(options_for("2-norm", "3-norm", PlanTest::delta_cdf, 0.9)), UsageError);
}

}  // namespace
}  // namespace mirrortune
