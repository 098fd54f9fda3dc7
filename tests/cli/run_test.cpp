#include <csignal>
#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>

#include "base/csv.h"

#include "world.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A run that takes long enough to be interrupted.
std::vector<std::string> long_run() {
  return {"-s", "train.epochs=100000", "-s", "seeds.count=1", "-s", "grid.potential=[2-norm]"};
}

TEST(Run, GoesFromImagesToTheReport) {
  World world;
  const Ended ended = run(world.run_command({"-s", "snapshots.full=true"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(broken_parts(world.run_folder()), "");
  for (const char* name :
       {"config.yaml", "manifest.json", "index.csv", "analysis/delta_cdf.csv", "analysis/histograms.csv",
        "report/index.html", "subsets/shufflenet_v2_x0_5__seed-01.csv",
        "cells/shufflenet_v2_x0_5__negative_entropy/seed-01/trial.json",
        "cells/shufflenet_v2_x0_5__2-norm/seed-00/model.safetensors"}) {
    EXPECT_TRUE(fs::exists(world.run_folder() / name)) << name;
  }
  EXPECT_EQ(CsvTable::read(world.run_folder() / "index.csv").rows().size(), 4u);
  EXPECT_THAT(ended.out, HasSubstr("report: " + (world.run_folder() / "report/index.html").string()));
  EXPECT_THAT(ended.err, HasSubstr("2-norm  seed 1  "));
  EXPECT_THAT(world.read("runs/tiny/report/index.html"), testing::Not(HasSubstr("https://cdn")));
}

TEST(Run, TheDocumentHasTheColumnsOfTheIndex) {
  World world;
  const Ended ended = run(world.run_command({"--json", "-q"}));
  EXPECT_EQ(ended.err, "") << "quiet means silent";
  const Json told = document(ended);
  ASSERT_EQ(told["trials"].size(), 4u);
  const auto columns = CsvTable::read(world.run_folder() / "index.csv").columns();
  std::vector<std::string> keys;
  for (const auto& [key, value] : told["trials"][0].items()) keys.push_back(key);
  EXPECT_EQ(keys, columns);
  EXPECT_TRUE(fs::exists(told["report"].get<std::string>()));
}

TEST(Run, NeedsThePublishedWeightsOnlyOfTheTrialsThatAreChosenAndADryRunNone) {
  World world;
  const auto start = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"-s", "grid.model=[shufflenet_v2_x0_5, resnet18]", "-s",
                             "model.weights={shufflenet_v2_x0_5: none, resnet18: resnet18}"});
    Start result = world.run_command(more);
    result.environment = {{"MIRRORTUNE_WEIGHTS", (world / "none_pulled").string()},
                          {"TORCH_HOME", (world / "no_hub").string()}};
    return result;
  };
  const std::vector<std::string> chosen = {"--only", "model=shufflenet_v2_x0_5"};
  const std::string pull = "mirrortune weights pull resnet18";
  const Ended all = run(start({}));
  EXPECT_EQ(all.code, 66);
  EXPECT_THAT(all.err, HasSubstr(pull));
  EXPECT_EQ(run(start(chosen)).code, 0);

  const Ended plan = run(start({"--dry-run"}));
  EXPECT_EQ(plan.code, 0);
  EXPECT_THAT(plan.err, HasSubstr(pull));
  const Ended part = run(start({"--dry-run", "--only", "model=shufflenet_v2_x0_5"}));
  EXPECT_EQ(part.code, 0);
  EXPECT_THAT(part.err, testing::Not(HasSubstr(pull)));
}

TEST(Run, RepeatedItDoesNothingAgain) {
  World world;
  run(world.run_command());
  const auto trial = world.run_folder() / "cells/shufflenet_v2_x0_5__2-norm/seed-00/final.safetensors";
  const auto before = fs::last_write_time(trial);
  const Ended again = run(world.run_command({"--resume"}));
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("4 trials, 4 of them finished already"));
  EXPECT_EQ(fs::last_write_time(trial), before);
}

TEST(Run, TheResolvedConfigurationStartsTheSameRun) {
  World world;
  run(world.run_command());
  const Ended again = run(world.command({"run", "-c", "runs/tiny/config.yaml", "--threads", "1"}));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("4 trials, 4 of them finished already"));
}

TEST(Run, OfTwoRunsTheDifferenceIsWhatWasChanged) {
  World world;
  ASSERT_EQ(run(world.run_command()).code, 0);
  ASSERT_EQ(run(world.run_command({"--out", "runs/again"})).code, 0);
  const Json same = succeed(world.command({"runs", "diff", "runs/tiny", "runs/again", "--json"}));
  EXPECT_EQ(same["same"], true) << same;
  EXPECT_EQ(same["trials"].size(), 4u);

  ASSERT_EQ(run(world.run_command({"--out", "runs/longer", "-s", "train.epochs=3"})).code, 0);
  const Json other = succeed(world.command({"runs", "diff", "runs/tiny", "runs/longer", "--json"}));
  const Json epochs = Json::parse(R"([{"key": "train.epochs", "a": "2", "b": "3"}])");
  EXPECT_EQ(other["configuration"], epochs);
  EXPECT_TRUE(other["manifest"].empty());
  EXPECT_EQ(other["same_results"], false);
  for (const auto& trial : other["trials"]) {
    EXPECT_EQ(trial["made_with"], epochs);
    std::map<std::string, std::string> files;
    for (const auto& file : trial["files"])
      files[fs::path(file["file"].get<std::string>()).filename()] = file["differs"];
    const std::map<std::string, std::string> expected = {
        {"final.safetensors", "bits"}, {"init.safetensors", "metadata"}, {"metrics.csv", "bits"}};
    EXPECT_EQ(files, expected) << "init.safetensors names the configuration's hash";
  }
}

TEST(Run, ADryRunListsTheTrialsAndWritesNothing) {
  World world;
  const Ended ended = run(world.run_command({"--dry-run", "--json"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json told = document(ended);
  ASSERT_EQ(told["trials"].size(), 4u);
  EXPECT_EQ(told["trials"][0]["N"], 10);
  EXPECT_GT(told["trials"][0]["D"], 300'000);
  EXPECT_GT(told["trials"][0]["disk_bytes"], 2'000'000);
  EXPECT_EQ(told["trials"][0]["state"], "pending");
  EXPECT_FALSE(fs::exists(world / "runs"));
}

TEST(Progress, IsDrawnOverItselfOnATerminalAndNeverElsewhere) {
  World world;
  Start start =
      world.run_command({"-s", "train.epochs=10", "-s", "seeds.count=1", "-s", "grid.potential=[2-norm]"});
  EXPECT_THAT(run(start).err, testing::Not(HasSubstr("\r")));
  start.arguments.push_back("--fresh");
  start.terminal = true;
  start.environment = {{"TERM", "xterm"}};
  const std::string drawn = run(start).err;
  EXPECT_THAT(drawn, HasSubstr("\r\x1b[K["));
  EXPECT_THAT(drawn, HasSubstr(" images/s  loss "));
  EXPECT_THAT(drawn, HasSubstr(" left"));
  start.arguments.push_back("--no-progress");
  EXPECT_THAT(run(start).err, testing::Not(HasSubstr("images/s")));
}

TEST(Progress, ShowsEveryTrainingThatRunsOnATerminal) {
  World world;
  Start start = world.run_command({"-s", "train.epochs=10", "-s", "runtime.parallel=2"});
  start.terminal = true;
  start.environment = {{"TERM", "xterm"}};
  const std::string drawn = run(start).err;
  EXPECT_THAT(drawn, HasSubstr("of 4 trials finished, 2 trainings running"));
  EXPECT_THAT(drawn, HasSubstr("\x1b[A\x1b[K"));
}

TEST(Run, FailFastAndKeepGoingSayWhatTheConfigurationSays) {
  World world;
  const auto resolved = [&](std::vector<std::string> more) {
    more.push_back("--fresh");
    EXPECT_EQ(run(world.run_command(more)).code, 0);
    return world.read("runs/tiny/config.yaml");
  };
  EXPECT_THAT(resolved({"--fail-fast"}), HasSubstr("on_failure: fail_fast"));
  EXPECT_THAT(resolved({"-s", "runtime.on_failure=fail_fast", "--keep-going"}),
              HasSubstr("on_failure: keep_going"));
  EXPECT_EQ(run(world.run_command({"--fail-fast", "--keep-going"})).code, 2);
}

TEST(Run, OnlyChosenTrialsRun) {
  World world;
  const Ended ended = run(world.run_command({"--only", "potential=2-norm", "--only", "seed=1", "--json"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(document(ended)["trials"].size(), 1u);
  EXPECT_FALSE(fs::exists(world.run_folder() / "cells/shufflenet_v2_x0_5__2-norm/seed-00/trial.json"));
  EXPECT_TRUE(fs::exists(world.run_folder() / "cells/shufflenet_v2_x0_5__2-norm/seed-01/trial.json"));
}

TEST(Run, AFinishedRunIsNotAnalysedAgainUnlessATrialOrAFileChanged) {
  World world;
  const Json first = succeed(world.run_command({"--json", "-q"}));
  const auto table = world.run_folder() / "analysis/delta_cdf.csv";
  const auto written = fs::last_write_time(table);
  const Json second = succeed(world.run_command({"--json", "-q"}));
  EXPECT_EQ(fs::last_write_time(table), written);
  EXPECT_EQ(second["notes"], first["notes"]);
  EXPECT_EQ(second["trials"], first["trials"]);

  fs::remove(world.run_folder() / "report/index.html");
  succeed(world.run_command({"--json", "-q"}));
  EXPECT_TRUE(fs::exists(world.run_folder() / "report/index.html"));
  const auto again = fs::last_write_time(table);
  EXPECT_GT(again, written);
  succeed(world.run_command({"--json", "-q", "-s", "analysis.potentials=[2-norm]"}));
  EXPECT_GT(fs::last_write_time(table), again);
}

TEST(Run, OutChoosesTheRunDirectory) {
  World world;
  EXPECT_EQ(run(world.run_command({"--out", "elsewhere/mine"})).code, 0);
  EXPECT_TRUE(fs::exists(world / "elsewhere/mine/report/index.html"));
  EXPECT_FALSE(fs::exists(world / "runs"));
}

TEST(Run, FreshReplacesWhatAnotherConfigurationLeft) {
  World world;
  run(world.run_command());
  const Ended ended = run(world.run_command({"-s", "train.epochs=1", "--fresh"}));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(broken_parts(world.run_folder()), "");
  EXPECT_EQ(CsvTable::read(world.run_folder() / "cells/shufflenet_v2_x0_5__2-norm/seed-00/metrics.csv")
                .rows()
                .size(),
            1u);
}

TEST(Run, ASecondProcessOnTheSameRunIsTurnedAway) {
  World world;
  Program first(world.run_command(long_run()));
  ASSERT_TRUE(first.says("1 trials, 0 of them"));
  const Ended second = run(world.run_command(long_run()));
  EXPECT_EQ(second.code, 76);
  EXPECT_THAT(second.err, HasSubstr("is writing to it"));
  EXPECT_EQ(run(world.command({"analyze", "runs/tiny"})).code, 76);
  EXPECT_EQ(run(world.command({"report", "runs/tiny"})).code, 76);
  first.send(SIGKILL);
  first.wait();
}

TEST(Run, CtrlCStopsItWithoutHarmAndTheRestIsDoneLater) {
  World world;
  const std::vector<std::string> settings = {
      "-s", "train.epochs=60", "-s", "seeds.count=1", "-s", "runtime.checkpoint_every_epochs=10", "-v"};
  Program program(world.run_command(settings));
  ASSERT_TRUE(program.says("epoch 15 "));
  program.send(SIGINT);
  const Ended stopped = program.wait();
  EXPECT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_EQ(broken_parts(world.run_folder()), "");
  EXPECT_FALSE(fs::exists(world.run_folder() / "report"));
  const Ended resumed = run(world.run_command(settings));
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, testing::Not(HasSubstr("negative_entropy seed 0 lr 0.01  epoch 9 ")))
      << "it goes on from the checkpoint";
  EXPECT_EQ(broken_parts(world.run_folder()), "");
  EXPECT_TRUE(fs::exists(world.run_folder() / "report/index.html"));
}

TEST(Run, ASecondCtrlCEndsItAtOnce) {
  World world;
  Program program(world.run_command(long_run()));
  ASSERT_TRUE(program.says("1 trials, 0 of them"));
  program.send(SIGINT);
  program.send(SIGTERM);
  const int code = program.wait().code;
  EXPECT_TRUE(code == 130 || code == 143 || code == 75) << code;
}

TEST(Run, TimeRunningOutStopsItLikeCtrlC) {
  World world;
  auto arguments = long_run();
  arguments.insert(arguments.end(), {"--max-time", "2s"});
  const Ended ended = run(world.run_command(arguments));
  EXPECT_EQ(ended.code, 75) << ended.err;
  EXPECT_EQ(broken_parts(world.run_folder()), "");
}

TEST(Run, AKilledRunLeavesNothingHalfDoneBehindAfterTheNext) {
  World world;
  Program program(world.run_command(long_run()));
  ASSERT_TRUE(program.says("1 trials, 0 of them"));
  program.send(SIGKILL);
  EXPECT_EQ(program.wait().signal, SIGKILL);
  world.write("runs/tiny/.index.csv.a1B2c3", "half of it");  // as if it was killed while it wrote
  EXPECT_EQ(run(world.run_command({"--fresh"})).code, 0);
  EXPECT_EQ(broken_parts(world.run_folder()), "");
}

TEST(Analyze, OfARunUsesItsConfigurationAndWritesItsTables) {
  World world;
  run(world.run_command());
  const Ended ended = run(world.command({"analyze", "runs/tiny", "--json"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json told = document(ended);
  std::set<std::string> potentials;
  for (const auto& row : told["rows"]) potentials.insert(row["evaluated_with"].get<std::string>());
  EXPECT_EQ(potentials, (std::set<std::string>{"negative_entropy", "2-norm"}));
  for (const auto& row : told["rows"]) EXPECT_NE(row["layer"], "conv1.0") << "layers come with --per-layer";
  EXPECT_EQ(run(world.command({"analyze", "runs/tiny", "--potentials", "4-norm"})).code, 0);
  EXPECT_THAT(world.read("runs/tiny/analysis/delta_cdf.csv"), HasSubstr("4-norm"));
}

TEST(Report, OfTwoRunsIsOneFile) {
  World world;
  run(world.run_command());
  run(world.run_command({"--out", "runs/second"}));
  const Ended ended = run(world.command({"report", "runs/tiny", "runs/second", "-o", "both.html", "--json"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(document(ended)["report"], "both.html");
  EXPECT_THAT(world.read("both.html"), HasSubstr("second"));
}

}  // namespace
}  // namespace mirrortune::test
