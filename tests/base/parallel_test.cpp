#include "base/parallel.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

TEST(ParallelFor, CallsEachNumberOnceForAnyNumberOfThreads) {
  for (const int threads : {0, 1, 2, 7}) {
    for (const std::int64_t count : {0, 1, 17, 1025}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
      parallel_for(count, threads, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
      for (const auto& times : calls) EXPECT_EQ(times, 1);
    }
  }
}

TEST(ParallelFor, ThrowsTheErrorOfTheFirstFailedCallAndBeginsNoMore) {
  std::atomic<std::int64_t> last{0};
  try {
    parallel_for(1'000'000, 1, [&](std::int64_t i) {
      last = i;
      if (i >= 3) throw std::runtime_error("call " + std::to_string(i));
    });
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "call 3");
  }
  EXPECT_EQ(last, 3);
  EXPECT_THROW(parallel_for(100, 4, [](std::int64_t) { throw std::runtime_error("each"); }),
               std::runtime_error);
}

TEST(ParallelFor, SaysHowManyThreadsThereAre) { EXPECT_GE(available_threads(), 1); }

}  // namespace
}  // namespace mirrortune
