#include "experiment/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "experiment/made_experiment.h"

namespace mirrortune {
namespace {

TEST(Plan, ListsCellsTimesSeedsWithTheirWeightsImagesAndBytes) {
  test::MadeExperiment made;
  made.options.cells[1].data.subset.count = 0;
  made.options.cells[1].snapshots.epochs = {1};
  const auto trials = plan_trials(made.options, {});
  ASSERT_EQ(trials.size(), 4U);
  EXPECT_EQ(trials[1].cell_name, "shufflenet_v2_x0_5__negative_entropy");
  EXPECT_EQ(trials[1].seed, 1U);
  // 1,024,000 of the published 1,357,840 weights are the head's for 1000 classes; here it has 16.
  const std::int64_t d = 1'357'840 - 1024 * (1000 - 16);
  EXPECT_EQ(trials[0].num_weights, d);
  EXPECT_EQ(trials[0].num_images, 24);
  EXPECT_EQ(trials[0].disk_bytes, 2 * 4 * d);
  EXPECT_EQ(trials[2].num_images, 591);
  EXPECT_EQ(trials[2].disk_bytes, 3 * 4 * d);
  EXPECT_EQ(trials[0].state, TrialState::pending);
}

TEST(Plan, HasThePublishedNumbersOfWeightsAndImagesForImageNet) {
  test::MadeExperiment made;
  made.options.cells[0].model.classes = 1000;
  made.options.cells[0].data.subset.count = 0;
  made.options.cells[1].model = {.name = "resnet18", .weights = "none", .classes = 1000};
  made.options.cells[1].data.subset.count = 0;
  const auto trials = plan_trials(made.options, {{"seed", "0"}});
  EXPECT_EQ(trials[0].num_weights, 1'357'840);
  EXPECT_EQ(trials[0].num_images, 1165);
  EXPECT_EQ(trials[1].num_weights, 11'678'912);
  EXPECT_EQ(trials[1].num_images, 3417);
}

TEST(Plan, OnlyTakesWhatFits) {
  test::MadeExperiment made;
  const auto count = [&](const TrialFilter& only) { return plan_trials(made.options, only).size(); };
  EXPECT_EQ(count({{"seed", "1"}}), 2U);
  EXPECT_EQ(count({{"seed", "1"}, {"seed", "0"}}), 4U);
  EXPECT_EQ(count({{"seed", "1"}, {"potential", "2.0-norm"}}), 1U);
  EXPECT_EQ(count({{"model", "shufflenet_v2_x0_5"}, {"train.epochs", "2"}}), 4U);
  EXPECT_EQ(count({{"cell", "shufflenet_v2_x0_5__2-norm"}}), 2U);
}

TEST(Plan, NothingThatFitsOrAnUnknownKeyIsAUsageError) {
  test::MadeExperiment made;
  EXPECT_THROW(plan_trials(made.options, {{"seed", "7"}}), UsageError);
  try {
    plan_trials(made.options, {{"potentail", "2-norm"}});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("did you mean 'potential'"));
  }
}

}  // namespace
}  // namespace mirrortune
