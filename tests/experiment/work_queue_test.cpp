#include "experiment/detail/work_queue.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mirrortune {
namespace {

/// Of each cell the seeds.
using Seeds = std::vector<std::vector<std::uint64_t>>;

std::string text(const std::optional<WorkQueue::Piece>& piece) {
  if (!piece) return "nothing";
  return std::to_string(piece->cell) + (piece->seed ? " seed " + std::to_string(*piece->seed) : " search");
}

TEST(WorkQueue, OneThreadWorksThroughTheCellsInOrder) {
  WorkQueue queue(Seeds{{3, 7}, {0}});
  std::vector<std::string> order;
  while (const auto piece = queue.take()) {
    order.push_back(text(piece));
    if (!piece->seed) queue.search_ended(piece->cell);
  }
  EXPECT_THAT(order, testing::ElementsAre("0 search", "0 seed 3", "0 seed 7", "1 search", "1 seed 0"));
}

TEST(WorkQueue, AnotherThreadTakesTheNextCellsSearchAndNoTrialBeforeItsOwnSearchEnded) {
  WorkQueue queue(Seeds{{0, 1}, {0}});
  EXPECT_EQ(text(queue.take()), "0 search");
  EXPECT_EQ(text(queue.take()), "1 search");
  queue.search_ended(1);
  EXPECT_EQ(text(queue.take()), "1 seed 0");
  queue.search_ended(0);
  EXPECT_EQ(text(queue.take()), "0 seed 0");
  EXPECT_EQ(text(queue.take()), "0 seed 1");
  EXPECT_EQ(text(queue.take()), "nothing");
}

TEST(WorkQueue, AThreadWaitsForTheSearchThatAnotherMakes) {
  WorkQueue queue(Seeds{{5}});
  EXPECT_EQ(text(queue.take()), "0 search");
  std::string taken;
  std::thread waiting([&] { taken = text(queue.take()); });
  queue.search_ended(0);
  waiting.join();
  EXPECT_EQ(taken, "0 seed 5");
}

TEST(WorkQueue, ClosedItHandsOutNothingAndWakesWhoWaits) {
  WorkQueue queue(Seeds{{5}, {6}});
  EXPECT_EQ(text(queue.take()), "0 search");
  EXPECT_EQ(text(queue.take()), "1 search");
  std::string taken;
  std::thread waiting([&] { taken = text(queue.take()); });
  queue.close();
  waiting.join();
  EXPECT_EQ(taken, "nothing");
  queue.search_ended(0);
  EXPECT_EQ(text(queue.take()), "nothing");
}

TEST(WorkQueue, ManyThreadsTakeEveryPieceOnce) {
  Seeds seeds(20);
  for (auto& one : seeds) one = {0, 1, 2, 3, 4};
  WorkQueue queue(seeds);
  std::atomic<int> pieces = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        while (const auto piece = queue.take()) {
          ++pieces;
          if (!piece->seed) queue.search_ended(piece->cell);
        }
      });
    }
  }
  EXPECT_EQ(pieces, 20 * 6);
}

TEST(WorkQueue, CellsWithoutTrialsAndNoCellsEnd) {
  WorkQueue none(Seeds{});
  EXPECT_EQ(text(none.take()), "nothing");
}

}  // namespace
}  // namespace mirrortune
