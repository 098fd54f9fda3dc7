#include <csignal>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>

#include "base/shell.h"
#include "config/load.h"

#include "world.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A world whose PATH has programs in the place of Slurm's: sbatch counts ids from 100 and keeps its command
/// lines in `calls`; squeue lists what stands in `queue`. The real Slurm is in tests/slurm.
class Submit : public testing::Test {
 protected:
  Submit() {
    fs::create_directory(world / "programs");
    add_program(
        "sbatch",
        "[ \"$1\" = --version ] && exit\necho \"sbatch $*\" >> calls\n"
        "id=$((99 + $(grep -c sbatch calls)))\n"
        "if [ -e refuse ] && [ $id = 102 ]; then echo 'sbatch: error: invalid partition' >&2; exit 1; fi\n"
        "echo \"$id;cluster\"");
    add_program("squeue", "cat queue 2>/dev/null; exit 0");
    add_program("scancel", "echo \"scancel $*\" >> calls");
    world.write("slurm.yaml", "schema_version: 1\n");
  }

  void add_program(const std::string& name, const std::string& body) const {
    world.write("programs/" + name, "#!/bin/sh\n" + body + "\n");
    fs::permissions(world / "programs" / name, fs::perms(0755));
  }

  Start submit(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {
        "sweep",   "submit",     "-c", "exp.yaml",
        "--slurm", "slurm.yaml", "-s", "lr={search: [0.001, 0.01], target_accuracy: 0}"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Start start = world.command(arguments);
    start.environment["PATH"] = (world / "programs").string() + ":" + std::getenv("PATH");
    return start;
  }

  World world;
};

TEST_F(Submit, HandsOverSearchesThenTrialsThenCollect) {
  const Json told = succeed(submit({"--json"}));
  EXPECT_EQ(told["trials"], 4);
  ASSERT_EQ(told["jobs"].size(), 4u);
  EXPECT_EQ(told["jobs"][0]["name"], "search-1");
  EXPECT_EQ(told["jobs"][0]["id"], 100);
  EXPECT_EQ(told["jobs"][2]["tasks"], 2);
  const std::string calls = world.read("calls");
  const std::string scripts = (fs::canonical(world.run_folder()) / "slurm" / "scripts").string();
  EXPECT_EQ(calls, "sbatch --parsable " + scripts + "/search-1.sh\n" +
                       "sbatch --parsable --dependency=aftercorr:100 --kill-on-invalid-dep=yes " + scripts +
                       "/seed-00-1.sh\n" +
                       "sbatch --parsable --dependency=aftercorr:100 --kill-on-invalid-dep=yes " + scripts +
                       "/seed-01-1.sh\n" +
                       "sbatch --parsable --dependency=afterany:100:101:102 --kill-on-invalid-dep=yes " +
                       scripts + "/collect.sh\n");
  const Json jobs = read_json(world.run_folder() / "slurm/jobs.json");
  EXPECT_EQ(jobs["jobs"].size(), 4u);
  EXPECT_EQ(broken_parts(world.run_folder()), "");
}

TEST_F(Submit, WritesAConfigurationThatNeedsNeitherTheFileNorTheOverrides) {
  ASSERT_EQ(run(submit({"-s", "train.epochs=7", "--out", "else where/run"})).code, 0);
  const auto written = load_experiment({.file = world / "else where/run/config.yaml"});
  EXPECT_EQ(written.cells[0].train.epochs, 7);
  EXPECT_EQ(written.cells[0].data.root, world / "images");
  EXPECT_EQ(written.output_root / written.name, world / "else where/run");
  EXPECT_THAT(world.read("else where/run/slurm/scripts/search-1.sh"),
              HasSubstr(shell_word((world / "else where/run").string())));
}

TEST_F(Submit, PrintsAndWritesNothing) {
  const Ended ended = run(submit({"--print"}));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("### search-1\n#!/bin/bash\n#SBATCH --job-name=\"tiny/search-1\"\n"));
  EXPECT_THAT(ended.out, HasSubstr("### seed-01-1: aftercorr search-1\n"));
  EXPECT_THAT(ended.out, HasSubstr(program().string() + " run -c "));
  EXPECT_FALSE(fs::exists(world / "runs"));
  EXPECT_FALSE(fs::exists(world / "calls"));
  const Json told = succeed(submit({"--print", "--json"}));
  EXPECT_TRUE(told["jobs"][0]["id"].is_null());
  EXPECT_THAT(told["jobs"][3]["script"].get<std::string>(), HasSubstr("sweep collect"));
}

TEST_F(Submit, PassesOnWhatTheCommandLineSaysOfThreadsAndDevice) {
  const std::string text =
      run(submit({"--print", "--threads", "3", "--device", "cpu", "--allow-inexact"})).out;
  EXPECT_THAT(text, HasSubstr(" --threads 3 --shard 1/1 --search-only --device cpu --allow-inexact "));
}

TEST_F(Submit, DoesNotSubmitTwiceUnlessForced) {
  ASSERT_EQ(run(submit()).code, 0);
  world.write("queue", "7\n101\n");
  const Ended second = run(submit());
  EXPECT_EQ(second.code, 76);
  EXPECT_THAT(second.err, HasSubstr("still queued or running: 101."));
  EXPECT_EQ(run(submit({"--force"})).code, 0);
  EXPECT_EQ(read_json(world.run_folder() / "slurm/jobs.json")["jobs"].size(), 5u) << "the old one is kept";
  world.write("queue", "7\n");
  EXPECT_EQ(run(submit()).code, 0);
  EXPECT_EQ(read_json(world.run_folder() / "slurm/jobs.json")["jobs"].size(), 4u);
}

TEST_F(Submit, WhatWasTakenBeforeARefusalIsCancelled) {
  world.write("refuse", "");
  const Ended ended = run(submit());
  EXPECT_EQ(ended.code, 69);
  EXPECT_THAT(ended.err, HasSubstr("sbatch: error: invalid partition"));
  EXPECT_THAT(world.read("calls"), testing::EndsWith("scancel 100 101\n"));
  EXPECT_THAT(read_json(world.run_folder() / "slurm/jobs.json")["jobs"], IsEmpty());
}

TEST_F(Submit, WithoutSlurmThereIsOneSentence) {
  Start start = submit();
  start.environment["PATH"] = (world / "images").string();
  const Ended ended = run(start);
  EXPECT_EQ(ended.code, 69);
  EXPECT_THAT(ended.err,
              HasSubstr("cannot submit sbatch: there is no such program in PATH. Nothing was submitted."));
  EXPECT_FALSE(fs::exists(world.run_folder() / "config.yaml"));
}

TEST_F(Submit, WhereAllIsFinishedNothingIsSubmitted) {
  ASSERT_EQ(run(world.run_command({"-s", "lr={search: [0.001, 0.01], target_accuracy: 0}"})).code, 0);
  const Ended ended = run(submit());
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "nothing to submit: all 4 trials are finished\n");
  EXPECT_FALSE(fs::exists(world / "calls"));
  EXPECT_THAT(succeed(submit({"--json"}))["jobs"], IsEmpty());
}

TEST_F(Submit, ARunThatIsGoingOnIsLeftAlone) {
  Program whole(world.run_command({"-s", "train.epochs=100000"}));
  ASSERT_TRUE(whole.says("4 trials, 0 of them"));
  EXPECT_EQ(run(submit()).code, 76);
  EXPECT_FALSE(fs::exists(world / "calls"));
  whole.send(SIGKILL);
  whole.wait();
}

TEST_F(Submit, WrongInputHasItsExitCodeAndTouchesNothing) {
  EXPECT_EQ(run(submit({"--shard", "1/2"})).code, 2);
  EXPECT_EQ(run(submit({"--only", "seed=9"})).code, 2);
  EXPECT_EQ(run(submit({"--out", "a\\b/run"})).code, 2);
  EXPECT_EQ(run(world.command({"sweep", "submit", "-c", "exp.yaml"})).code, 2);
  EXPECT_EQ(run(world.command({"sweep", "submit", "-c", "exp.yaml", "--slurm", "none.yaml"})).code, 66);
  world.write("slurm.yaml", "schema_version: 1\ntime: soon\nmemory: 1X\n");
  const Ended ended = run(submit());
  EXPECT_EQ(ended.code, 78);
  EXPECT_THAT(ended.err, HasSubstr("slurm.yaml:2:7: 'soon' is no time limit"));
  EXPECT_THAT(ended.err, HasSubstr("slurm.yaml:3:9: '1X' is no size"));
  EXPECT_FALSE(fs::exists(world / "runs"));
  EXPECT_FALSE(fs::exists(world / "calls"));
}

TEST(SearchOnly, LeavesTheTrialsToALaterRun) {
  World world;
  const std::vector<std::string> settings = {"-s", "lr={search: [0.001, 0.01], target_accuracy: 0}"};
  auto search = settings;
  search.insert(search.end(), {"--shard", "1/1", "--search-only"});
  const Ended ended = run(world.run_command(search));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, Not(HasSubstr("done")));
  const auto table = world.run_folder() / "cells/shufflenet_v2_x0_5__2-norm/lr_search.csv";
  EXPECT_TRUE(fs::exists(table));
  EXPECT_FALSE(fs::exists(table.parent_path() / "seed-00"));
  search.push_back("--fresh");
  EXPECT_EQ(run(world.run_command(search)).code, 2);
}

}  // namespace
}  // namespace mirrortune::test
