#include <csignal>
#include <string>

#include <unistd.h>

#include <gmock/gmock.h>

#include "support/run_contents.h"

#include "world.h"

namespace mirrortune::test {
namespace {

TEST(Signals, AtAnyMomentAreFollowedByTheSameResult) {
  const std::vector<std::string> settings = {"-s", "train.epochs=40",
                                             "-s", "seeds.count=1",
                                             "-s", "runtime.checkpoint_every_epochs=1",
                                             "-s", "lr={search: [0.001, 0.01], target_accuracy: 0}"};
  World world;
  int stops = 0;
  const int signals[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
  for (int i = 0; i < 12; ++i) {
    Program program(world.run_command(settings));
    ::usleep(static_cast<useconds_t>(100'000 + 137'000 * i));
    program.send(signals[i % 4]);
    const Ended ended = program.wait();
    // Before its handlers are installed a signal ends it as any program, with nothing begun.
    const bool early = ended.signal == signals[i % 4];
    EXPECT_TRUE(early || ended.code == 75 || ended.code == 0) << ended.code << " " << ended.err;
    EXPECT_EQ(broken_parts(world.run_folder()), "");
    stops += ended.code == 75 ? 1 : 0;
  }
  EXPECT_GT(stops, 3);
  ASSERT_EQ(run(world.run_command(settings)).code, 0);
  const auto interrupted = run_contents(world.run_folder());
  auto fresh = settings;
  fresh.push_back("--fresh");
  ASSERT_EQ(run(world.run_command(fresh)).code, 0);
  // The report shows how long the trials took.
  EXPECT_THAT(differing_files(interrupted, run_contents(world.run_folder()), {"report/index.html"}),
              testing::IsEmpty());
}

}  // namespace
}  // namespace mirrortune::test
