#include "train/search.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "train/made_problem.h"

namespace mirrortune {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

SearchTraining trained(double lr, double loss, double accuracy) {
  const auto state = std::isnan(loss) ? TrialState::diverged
                     : accuracy < 1   ? TrialState::below_target
                                      : TrialState::done;
  return {.epochs = 30, .lr = lr, .final_loss = loss, .train_accuracy = accuracy, .state = state};
}

TEST(ChooseWinner, IsTheLowestLossOfTheLastEpochAndADivergedRateHasLost) {
  const std::vector<SearchTraining> round = {trained(0.01, 2.0, 0.9), trained(0.1, 0.5, 1.0),
                                             trained(1, 0.7, 1.0), trained(10, kNaN, kNaN)};
  const auto winner = choose_winner(round, {});
  ASSERT_TRUE(winner);
  EXPECT_EQ(winner->lr, 0.1);
  EXPECT_EQ(winner->epochs, 30);
  EXPECT_EQ(winner->train_accuracy, 1.0);
  EXPECT_FALSE(winner->at_edge);
}

TEST(ChooseWinner, AtTheEdgeOfTheRatesIsFlagged) {
  EXPECT_TRUE(choose_winner(std::vector{trained(0.1, 1, 1), trained(1, 2, 1)}, {})->at_edge);
  EXPECT_TRUE(choose_winner(std::vector{trained(0.1, 2, 1), trained(1, 1, 1)}, {})->at_edge);
  EXPECT_FALSE(choose_winner(std::vector{trained(0.1, 1, 1)}, {})->at_edge);
}

TEST(ChooseWinner, IsNoneIfAllDiverged) {
  EXPECT_FALSE(choose_winner(std::vector{trained(0.1, kNaN, kNaN), trained(1, kNaN, kNaN)}, {}));
}

TEST(ChooseWinner, CanBeTheSmallestRateThatReachesTheTarget) {
  SearchOptions options;
  options.select = SearchSelect::smallest_reaching_target;
  options.target_accuracy = 0.95;
  const std::vector<SearchTraining> round = {trained(0.01, 2.0, 0.9), trained(0.1, 0.5, 0.96),
                                             trained(1, 0.1, 1.0)};
  EXPECT_EQ(choose_winner(round, options)->lr, 0.1);
  options.target_accuracy = 1.0;
  EXPECT_EQ(choose_winner(round, options)->lr, 1);
  EXPECT_EQ(choose_winner(std::span(round).first(2), options)->lr, 0.1)
      << "none reaches it: the lowest loss wins";
}

/// A search on made images; what ran is kept.
struct MadeSearch {
  StartingPoint start{test::made_model()};
  DeviceImages images = test::made_images(16);
  SearchRequest request{.training = test::made_training(0, 1), .search = {}};
  std::vector<SearchTraining> ran;

  SearchResult run() {
    ran.clear();
    request.after_training = [this](const SearchTraining& training) { ran.push_back(training); };
    TrainingObserver observer;
    return search_learning_rate(start, images, request, observer);
  }
};

TEST(Search, RepeatsAllRatesWithMoreEpochsWhileTheWinnerMissesTheTarget) {
  MadeSearch search;
  // Rates too small to learn anything.
  search.request.search = {
      .search = {1e-9, 1e-8}, .target_accuracy = 1.0, .extend_epochs = 2, .extend_times = 2};
  const auto result = search.run();
  ASSERT_EQ(result.trainings.size(), 6U);
  std::vector<int> epochs;
  for (const auto& training : result.trainings) {
    epochs.push_back(training.epochs);
    EXPECT_EQ(training.state, TrialState::below_target);
  }
  EXPECT_EQ(epochs, (std::vector<int>{1, 1, 3, 3, 5, 5}));
  ASSERT_TRUE(result.winner);
  EXPECT_EQ(result.winner->epochs, 5);
}

TEST(Search, EndsWithTheFirstRoundWhoseWinnerReachesTheTarget) {
  MadeSearch search;
  search.request.search = {
      .search = {1e-3, 1e-2}, .target_accuracy = 0.0, .extend_epochs = 2, .extend_times = 2};
  EXPECT_EQ(search.run().trainings.size(), 2U);
}

TEST(Search, TheWinnersTrainingHasTheLossOfTheSameTrainingAlone) {
  MadeSearch search;
  search.request.search = {.search = {1e-3, 1e-2}, .target_accuracy = 0.0, .extend_times = 0};
  const auto result = search.run();
  for (const auto& training : result.trainings) {
    const auto network = search.start.make(0, torch::kCPU);
    TrainingObserver observer;
    const auto alone = Training(*network, search.images, test::made_training(training.lr, 1)).run(observer);
    EXPECT_EQ(alone.final_loss(), training.final_loss);
  }
}

TEST(Search, HasNoWinnerAndNoExtensionWhenEveryRateDiverges) {
  MadeSearch search;
  search.request.training.epochs = 2;
  search.request.search = {
      .search = {1e25, 1e30}, .target_accuracy = 1.0, .extend_epochs = 2, .extend_times = 2};
  const auto result = search.run();
  EXPECT_FALSE(result.winner);
  ASSERT_EQ(result.trainings.size(), 2U);
  EXPECT_EQ(result.trainings[0].state, TrialState::diverged);
  EXPECT_TRUE(std::isnan(result.trainings[0].train_accuracy));
}

TEST(Search, GoesOnAfterTheTrainingsThatWereDone) {
  MadeSearch search;
  search.request.search = {.search = {1e-3, 1e-2, 1e-1}, .target_accuracy = 0.0, .extend_times = 0};
  const auto whole = search.run();
  search.request.done = {whole.trainings[0], whole.trainings[1]};
  const auto resumed = search.run();
  EXPECT_EQ(search.ran.size(), 1U);
  ASSERT_EQ(resumed.trainings.size(), 3U);
  EXPECT_EQ(resumed.trainings[2].final_loss, whole.trainings[2].final_loss);
  EXPECT_EQ(resumed.winner->lr, whole.winner->lr);
}

TEST(Search, RefusesTrainingsThatAnotherSearchDid) {
  MadeSearch search;
  search.request.search = {.search = {1e-3, 1e-2}, .target_accuracy = 0.0};
  search.request.done = {trained(0.5, 1, 1)};
  EXPECT_THROW(search.run(), ResumeError);
}

}  // namespace
}  // namespace mirrortune
