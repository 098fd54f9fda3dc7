#include <csignal>
#include <deque>
#include <string>

#include <gmock/gmock.h>

#include "base/csv.h"
#include "support/run_contents.h"

#include "world.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Settings of a run with a search, whose cells share nothing but images.
std::vector<std::string> with_search(std::vector<std::string> more = {}) {
  more.insert(more.end(), {"-s", "lr={search: [0.001, 0.01], target_accuracy: 0}"});
  return more;
}

Start sweep(const World& world, const std::string& command, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"sweep", command, "-c", "exp.yaml"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return world.command(arguments);
}

TEST(Sweep, PartsAtOnceThenCollectedAreTheRunOfOneProcess) {
  World world;
  {
    Program first(world.run_command(with_search({"--shard", "1/3"})));
    Program second(world.run_command(with_search({"--shard", "2/3"})));
    Program third(world.run_command(with_search({"--shard", "3/3"})));
    for (Program* part : {&first, &second, &third}) {
      const Ended ended = part->wait();
      ASSERT_EQ(ended.code, 0) << ended.err;
      EXPECT_THAT(ended.err, HasSubstr("sweep collect"));
    }
  }
  EXPECT_FALSE(fs::exists(world.run_folder() / "index.csv"));
  const Json collected = succeed(sweep(world, "collect", with_search({"--json", "-q"})));
  EXPECT_EQ(collected["trials"].size(), 4u);
  EXPECT_EQ(broken_parts(world.run_folder()), "");

  ASSERT_EQ(run(world.run_command(with_search({"--out", "runs/alone"}))).code, 0);
  // These name the run.
  const std::set<std::string> left_out = {"manifest.json", "config.yaml", "report/index.html"};
  EXPECT_THAT(differing_files(run_contents(world.run_folder()), run_contents(world / "runs/alone"), left_out),
              testing::IsEmpty());
}

TEST(Sweep, CollectTellsWhatIsLeft) {
  World world;
  EXPECT_EQ(run(sweep(world, "collect")).code, 66);
  const Json part = succeed(world.run_command({"--shard", "1/2", "--json", "-q"}));
  EXPECT_EQ(part["trials"].size(), 2u);
  EXPECT_TRUE(part["report"].is_null());
  const Ended ended = run(sweep(world, "collect"));
  EXPECT_EQ(ended.code, 75);
  EXPECT_THAT(ended.err, HasSubstr("2 of 4 trials are left"));
  EXPECT_EQ(CsvTable::read(world.run_folder() / "index.csv").rows().size(), 4u);
  EXPECT_TRUE(fs::exists(world.run_folder() / "report/index.html"));
  ASSERT_EQ(run(world.run_command({"--shard", "2/2"})).code, 0);
  EXPECT_EQ(run(sweep(world, "collect")).code, 0);
}

TEST(Sweep, CollectRefusesTheRecordsOfAnotherConfiguration) {
  World world;
  ASSERT_EQ(run(world.run_command()).code, 0);
  const Ended ended = run(sweep(world, "collect", {"-s", "train.epochs=1"}));
  EXPECT_EQ(ended.code, 79);
  EXPECT_THAT(ended.err, HasSubstr("train.epochs"));
}

TEST(Sweep, StatusShowsWhatIsDoneAndHowLongTheRestTakes) {
  World world;
  const Json planned = succeed(sweep(world, "plan", {"--json"}));
  EXPECT_EQ(planned["trials"].size(), 4u);
  EXPECT_TRUE(planned["seconds_left"].is_null()) << "nothing has run yet";
  EXPECT_EQ(succeed(sweep(world, "plan", {"--shard", "2/3", "--json"}))["trials"].size(), 1u);
  ASSERT_EQ(run(world.run_command({"--only", "seed=0"})).code, 0);
  const Json status = succeed(sweep(world, "status", {"--json"}));
  EXPECT_GT(status["seconds_left"], 0);
  const Json& done = status["trials"][0];
  EXPECT_EQ(done["state"], "done");
  EXPECT_EQ(done["epochs_done"], done["epochs"]);
  EXPECT_EQ(done["seconds_left"], 0);
  EXPECT_GT(done["seconds"], 0);
  const Json& pending = status["trials"][1];
  EXPECT_EQ(pending["state"], "pending");
  EXPECT_EQ(pending["epochs_done"], 0);
  EXPECT_GT(pending["seconds_left"], 0);
  EXPECT_GT(pending["D"], 300'000);
}

TEST(Sweep, APartAndAWholeRunExcludeEachOther) {
  World world;
  const std::vector<std::string> forever = {"-s", "train.epochs=100000"};
  auto part = forever;
  part.insert(part.end(), {"--shard", "1/2"});
  {
    Program shard(world.run_command(part));
    ASSERT_TRUE(shard.says("2 trials, 0 of them"));
    EXPECT_EQ(run(world.run_command(forever)).code, 76);
    EXPECT_EQ(run(sweep(world, "collect", forever)).code, 76);
    Program same(world.run_command(part));
    ASSERT_TRUE(same.says("seed 0 is left out: another process runs it"));
    for (Program* program : {&shard, &same}) {
      program->send(SIGUSR1);
      EXPECT_EQ(program->wait().code, 75);
    }
  }
  Program whole(world.run_command(forever));
  ASSERT_TRUE(whole.says("4 trials, 0 of them"));
  EXPECT_EQ(run(world.run_command(part)).code, 76);
  whole.send(SIGKILL);
  whole.wait();
}

TEST(Sweep, AShardIsANumberOfANumber) {
  World world;
  for (const char* wrong : {"0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", ""}) {
    const Ended ended = run(world.run_command({"--shard", wrong}));
    EXPECT_EQ(ended.code, 2) << wrong;
    EXPECT_FALSE(fs::exists(world / "runs")) << wrong;
  }
  EXPECT_EQ(run(world.run_command({"--shard", "1/2", "--fresh"})).code, 2);
  EXPECT_EQ(run(sweep(world, "collect", {"--shard", "1/2"})).code, 2) << "all parts are collected";
}

TEST(OneWriter, OfFiftyStartsOneRuns) {
  World world;
  const std::vector<std::string> forever = {"-s", "train.epochs=100000", "-s", "seeds.count=1"};
  std::deque<Program> starts;
  for (int i = 0; i < 50; ++i) starts.emplace_back(world.run_command(forever));
  int turned_away = 0;
  Program* running = nullptr;
  for (Program& start : starts) {
    // It says how many trials there are, or it ends.
    if (start.says("2 trials, 0 of them")) {
      EXPECT_EQ(running, nullptr);
      running = &start;
    } else {
      turned_away += start.wait().code == 76 ? 1 : 0;
    }
  }
  EXPECT_EQ(turned_away, 49);
  ASSERT_NE(running, nullptr);
  running->send(SIGTERM);
  EXPECT_EQ(running->wait().code, 75);
}

}  // namespace
}  // namespace mirrortune::test
