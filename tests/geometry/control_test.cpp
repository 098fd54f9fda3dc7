#include "geometry/control.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"

#include "geometry/simulate.h"

namespace mirrortune {
namespace {

/// Synapses measured twice before learning: the table of the control, and that of the learning.
struct Experiment {
  PairsTable control;
  Pairs learning;
};

Experiment simulated(SimulateOptions options) {
  options.control = true;
  Experiment experiment{.control = {.sessions = {"control", "pre"}}, .learning = {}};
  for (const SimulatedSynapse& synapse : simulate_synapses(options)) {
    if (std::isnan(*synapse.control) || std::isnan(synapse.before) || std::isnan(synapse.after)) continue;
    experiment.control.pairs.before.push_back(*synapse.control);
    experiment.control.pairs.after.push_back(synapse.before);
    experiment.learning.before.push_back(synapse.before);
    experiment.learning.after.push_back(synapse.after);
  }
  return experiment;
}

double lambda(const Pairs& pairs, const MeasurementNoise& noise) {
  IdentifyOptions options{.resamples = 0};
  options.model.measurement = {.cv = noise.cv, .add = noise.add, .detection_limit = 0.0};
  return identify(pairs, options).profile.best.lambda;
}

TEST(Control, TellsItsNumbers) {
  const PairsTable table{.pairs = {.before = {1, 2, 4, 8, 1, 2, 4, 8}, .after = {2, 4, 8, 16, 2, 4, 8, 2}},
                         .sessions = {"a", "b"}};
  const Control control = control_of(table);
  EXPECT_EQ(control.sessions.before, "a");
  EXPECT_DOUBLE_EQ(control.median, 4);
  // ln(after/before)/ln 2 is 1 seven times and −2 once.
  EXPECT_NEAR(control.log_change,
              std::log(2) * std::sqrt((7 * std::pow(3. / 8, 2) + std::pow(21. / 8, 2)) / 7), 1e-12);
  // ln(before)/ln 2: 0 1 2 3 0 1 2 3, ln(after)/ln 2: 1 2 3 4 1 2 3 1; means 1.5 and 17/8.
  EXPECT_NEAR(control.log_sd, std::log(2) * std::sqrt((31 - 8 * 1.5 * 17 / 8) / 7), 1e-12);
  EXPECT_EQ(control.changes.n, 8);
}

TEST(Control, FindsTheNoiseAndTheSpreadOfTheSizes) {
  const Control control = control_of(
      simulated({.n = 4000, .potential = "2-norm", .noise_cv = 0.1, .noise_add = 0.05, .seed = 2}).control);
  EXPECT_NEAR(control.noise.cv, 0.1, 0.01);
  EXPECT_NEAR(control.noise.add, 0.05, 0.01);
  EXPECT_NEAR(control.median, 1, 0.05);
  EXPECT_NEAR(control.log_sd, 0.836, 0.03);
}

TEST(Control, TakesTheFluctuationOutOfTheExponentOfLearning) {
  const Experiment experiment = simulated({.n = 3000, .potential = "2-norm", .noise_cv = 0.1, .seed = 5});
  EXPECT_LT(lambda(experiment.learning, {}), 0.75) << "relative noise imitates negative entropy";
  EXPECT_NEAR(lambda(experiment.learning, control_of(experiment.control).noise), 1, 0.12);
}

TEST(Control, KnowsTheGeometryOfRelativeNoise) {
  const Control control = control_of(simulated({.n = 3000, .potential = "2-norm", .noise_cv = 0.1}).control);
  EXPECT_NEAR(control.changes.profile.best.lambda, 0, 0.06);
}

TEST(Control, WithoutEnoughChangesIsRefused) {
  EXPECT_THROW(control_of({.pairs = {.before = {1, 2, 3}, .after = {2, 1, 4}}, .sessions = {"a", "b"}}),
               DataError);
}

}  // namespace
}  // namespace mirrortune
