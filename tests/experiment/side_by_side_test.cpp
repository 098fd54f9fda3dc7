#include "experiment/detail/side_by_side.h"

#include <map>
#include <new>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mirrortune {
namespace {

/// The choice among machines that are so fast with so many trainings.
SideBySide choose(int most, const std::map<int, double>& speeds, std::vector<int>* tried = nullptr) {
  return choose_side_by_side(most, [&](int trainings) {
    if (tried) tried->push_back(trainings);
    const double speed = speeds.at(trainings);
    if (speed == 0) throw std::bad_alloc();
    return speed;
  });
}

TEST(SideBySide, TakesMoreTrainingsAsLongAsAllTogetherAreFaster) {
  const auto chosen = choose(16, {{1, 100}, {2, 180}, {4, 250}, {8, 240}, {16, 900}});
  EXPECT_EQ(chosen.trainings, 4);
  EXPECT_EQ(chosen.images_per_second, (std::map<int, double>{{1, 100}, {2, 180}, {4, 250}, {8, 240}}));
}

TEST(SideBySide, NeverTakesMoreThanTheMostAndTriesIt) {
  EXPECT_EQ(choose(3, {{1, 100}, {2, 180}, {3, 200}}).trainings, 3);
  EXPECT_EQ(choose(6, {{1, 1}, {2, 2}, {4, 3}, {6, 4}}).trainings, 6);
}

TEST(SideBySide, OneTrainingAloneIsNotMeasured) {
  std::vector<int> tried;
  const auto chosen = choose(1, {}, &tried);
  EXPECT_EQ(chosen.trainings, 1);
  EXPECT_TRUE(tried.empty());
  EXPECT_TRUE(chosen.images_per_second.empty());
}

TEST(SideBySide, StaysWithOneThatIsAsFast) { EXPECT_EQ(choose(2, {{1, 100}, {2, 100}}).trainings, 1); }

TEST(SideBySide, TakesFewerWhereMemoryRunsOut) {
  EXPECT_EQ(choose(8, {{1, 100}, {2, 180}, {4, 0}, {8, 500}}).trainings, 2);
}

}  // namespace
}  // namespace mirrortune
