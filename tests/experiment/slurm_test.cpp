#include "experiment/slurm.h"

#include <fstream>

#include <gmock/gmock.h>

#include "base/command.h"
#include "base/error.h"
#include "experiment/made_experiment.h"

namespace mirrortune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

SlurmCommand command() { return {.program = "/opt/mirrortune", .folder = "/runs/demo", .name = "demo"}; }

std::vector<std::string> names(const std::vector<SlurmScript>& scripts) {
  std::vector<std::string> all;
  for (const auto& script : scripts) all.push_back(script.name);
  return all;
}

const SlurmScript& named(const std::vector<SlurmScript>& scripts, const std::string& name) {
  for (const auto& script : scripts) {
    if (script.name == name) return script;
  }
  throw std::out_of_range(name);
}

/// Two cells that wait for their search, the second with one trial left, and one that needs none.
SlurmWork mixed_work() {
  return {.cells = {{"a__2-norm", true, {0, 1, 2}}, {"b__2-norm", false, {0, 1}}, {"c__2-norm", true, {1}}}};
}

TEST(SlurmScripts, AnArrayOfSearchesComesBeforeAnArrayOfTrialsForEachSeed) {
  const auto scripts = slurm_scripts(mixed_work(), command(), {});
  EXPECT_THAT(names(scripts),
              ElementsAre("search-1", "trials-1", "seed-00-1", "seed-01-1", "seed-02-1", "collect"));
  const SlurmScript& search = named(scripts, "search-1");
  EXPECT_EQ(search.tasks, 2);
  EXPECT_THAT(search.after, IsEmpty());
  EXPECT_THAT(search.text, HasSubstr("#SBATCH --array=0-1\n"));
  EXPECT_THAT(search.text, HasSubstr("tasks=(\n  [0]='a__2-norm 0'\n  [1]='c__2-norm 1'\n)\n"));
  EXPECT_THAT(search.text, HasSubstr(" --search-only"));
  EXPECT_THAT(named(scripts, "trials-1").text, HasSubstr("  [0]='b__2-norm 0'\n  [1]='b__2-norm 1'\n)"));
  EXPECT_THAT(named(scripts, "trials-1").after, IsEmpty());
}

TEST(SlurmScripts, ATrialHasTheIndexOfItsSearch) {
  const auto scripts = slurm_scripts(mixed_work(), command(), {});
  const SlurmScript& second = named(scripts, "seed-01-1");
  EXPECT_EQ(second.dependency, "aftercorr");
  EXPECT_THAT(second.after, ElementsAre("search-1"));
  EXPECT_THAT(second.text, HasSubstr("tasks=(\n  [0]='a__2-norm 1'\n  [1]='c__2-norm 1'\n)"));
  const SlurmScript& third = named(scripts, "seed-02-1");
  EXPECT_THAT(third.text, HasSubstr("#SBATCH --array=0\n"));
  EXPECT_THAT(third.text, Not(HasSubstr("--search-only")));
}

TEST(SlurmScripts, CollectComesAfterAllWhateverCameOfThem) {
  const auto scripts = slurm_scripts(mixed_work(), command(), {});
  EXPECT_EQ(scripts.back().dependency, "afterany");
  EXPECT_EQ(scripts.back().after.size(), scripts.size() - 1);
  EXPECT_THAT(scripts.back().text, Not(HasSubstr("--array")));
  EXPECT_THAT(scripts.back().text,
              HasSubstr("exec /opt/mirrortune sweep collect -c /runs/demo/config.yaml --out /runs/demo"));
}

TEST(SlurmScripts, WhereNothingIsLeftThereAreNone) {
  EXPECT_THAT(slurm_scripts({.finished = 3}, command(), {}), IsEmpty());
}

TEST(SlurmScripts, NoArrayHasMoreTasksThanAllowed) {
  SlurmWork work;
  for (int c = 0; c < 5; ++c) work.cells.push_back({"s" + std::to_string(c), true, {0, 7}});
  work.cells.push_back({"free", false, {0, 1, 2, 3, 4}});
  const auto scripts = slurm_scripts(work, command(), {.max_array_size = 2});
  EXPECT_THAT(names(scripts),
              ElementsAre("search-1", "search-2", "search-3", "trials-1", "trials-2", "trials-3", "seed-00-1",
                          "seed-07-1", "seed-00-2", "seed-07-2", "seed-00-3", "seed-07-3", "collect"));
  for (const auto& script : scripts) EXPECT_LE(script.tasks, 2);
  EXPECT_THAT(named(scripts, "trials-3").text, HasSubstr("#SBATCH --array=0\n"));
  EXPECT_THAT(named(scripts, "trials-3").text, HasSubstr("  [0]='free 4'\n)"));
  EXPECT_THAT(named(scripts, "seed-07-3").text, HasSubstr("  [0]='s4 7'\n)"));
  EXPECT_THAT(named(scripts, "seed-07-3").after, ElementsAre("search-3"));
}

TEST(SlurmScripts, IndicesOfTrialsThatAreDoneAreLeftOut) {
  SlurmWork work;
  for (int c = 0; c < 7; ++c) {
    work.cells.push_back({"s" + std::to_string(c), true, {0}});
    if (c != 3 && c != 5) work.cells.back().seeds.push_back(1);
  }
  const auto scripts = slurm_scripts(work, command(), {.max_running = 4});
  EXPECT_THAT(named(scripts, "seed-00-1").text, HasSubstr("#SBATCH --array=0-6%4\n"));
  EXPECT_THAT(named(scripts, "seed-01-1").text, HasSubstr("#SBATCH --array=0-2,4,6%4\n"));
}

/// The text of the one array of a cell without search.
std::string script_of(const SlurmCommand& how, const SlurmOptions& options) {
  return slurm_scripts({.cells = {{"cell", false, {3}}}}, how, options).front().text;
}

TEST(SlurmScripts, AScriptIsThisText) {
  SlurmCommand how = command();
  how.threads = 2;
  how.arguments = {"--device", "cuda"};
  const std::string text = script_of(how, {.partition = "gpu",
                                           .account = "lab",
                                           .qos = "long",
                                           .constraint = "a100&ib",
                                           .time = "4:00:00",
                                           .memory = "16G",
                                           .cpus_per_task = 8,
                                           .gpus_per_task = 1,
                                           .max_running = 20,
                                           .max_requeues = 9,
                                           .signal_seconds_before_end = 60,
                                           .options = {"--exclude=n7"},
                                           .setup = {"module load cuda"}});
  const std::string expected = R"(#!/bin/bash
#SBATCH --job-name="demo/trials-1"
#SBATCH --array=0%20
#SBATCH --chdir="/runs/demo"
#SBATCH --output="/runs/demo/slurm/log/trials-1-%A_%a.log"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@60
#SBATCH --partition="gpu"
#SBATCH --account="lab"
#SBATCH --qos="long"
#SBATCH --constraint="a100&ib"
#SBATCH --time="4:00:00"
#SBATCH --mem="16G"
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --gres=gpu:1
#SBATCH --exclude=n7

# Trials of demo, one a task: cell and seed.
tasks=(
  [0]='cell 3'
)
task=${tasks[SLURM_ARRAY_TASK_ID]}

signals=0 asked= told= ended= program=
tell_program() {
  [ -n "$asked" ] && [ -n "$program" ] && [ -z "$told" ] || return 0
  told=1
  kill -USR1 "$program" || :
}
trap 'signals=$((signals + 1)) asked=1; tell_program' USR1
trap 'signals=$((signals + 1)) ended=1' TERM

module load cuda

/opt/mirrortune run -c /runs/demo/config.yaml --out /runs/demo --threads 2 --shard 1/1 --device cuda \
  --only "cell=${task% *}" --only "seed=${task##* }" &
program=$!
)";
  EXPECT_EQ(text.substr(0, expected.size()), expected);
  EXPECT_THAT(text, HasSubstr("if [ \"$restarts\" -lt 9 ]; then\n"));
}

TEST(SlurmScripts, PathsAreQuotedForSlurmAndForTheShell) {
  SlurmCommand how = command();
  how.folder = "/runs/it's \"50%\" $HOME";
  const std::string text = script_of(how, {});
  EXPECT_THAT(text, HasSubstr("#SBATCH --chdir=\"/runs/it's \\\"50%\\\" $HOME\"\n"));
  EXPECT_THAT(text,
              HasSubstr("#SBATCH --output=\"/runs/it's \\\"50%%\\\" $HOME/slurm/log/trials-1-%A_%a.log\"\n"));
  EXPECT_THAT(text, HasSubstr(R"( --out '/runs/it'\''s "50%" $HOME' )"));
  how.folder = "/runs/a\nb";
  EXPECT_THROW(script_of(how, {}), UsageError);
  how.folder = "/runs/a\\b";
  EXPECT_THROW(script_of(how, {}), UsageError);
}

/// A script run by bash with programs of its own in the place of mirrortune and scontrol.
class RunScript : public testing::Test {
 protected:
  RunScript() {
    add_program("scontrol", "echo \"scontrol $*\"");
    how_.program = folder_ / "mirrortune";
  }

  void add_program(const std::string& name, const std::string& body) const {
    std::ofstream(folder_ / name) << "#!/bin/bash\n" << body << "\n";
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
  }

  /// The script's output and exit code, after `setup` as its shell line.
  std::pair<std::string, int> run(int restarts, const std::string& setup = {}) const {
    SlurmOptions options{.max_requeues = 2};
    if (!setup.empty()) options.setup = {setup};
    std::ofstream(folder_ / "script") << script_of(how_, options);
    const auto path = "PATH=" + folder_.path().string() + ":" + std::getenv("PATH");
    const auto result = run_command({"env", path, "SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_JOB_ID=12",
                                     "SLURM_RESTART_COUNT=" + std::to_string(restarts), "bash",
                                     (folder_ / "script").string()});
    EXPECT_EQ(result.err, "");
    return {result.out, result.code};
  }

  test::TemporaryFolder folder_;
  SlurmCommand how_ = command();
};

TEST_F(RunScript, GivesTheProgramItsCellAndSeedAndTheScriptItsExitCode) {
  add_program("mirrortune", "printf '%s\\n' \"$*\"; exit 81");
  const auto [out, code] = run(0, "set -euo pipefail");
  EXPECT_EQ(code, 81);
  EXPECT_EQ(out,
            "run -c /runs/demo/config.yaml --out /runs/demo --threads 1 --shard 1/1 --only cell=cell --only "
            "seed=3\n");
}

TEST_F(RunScript, ATaskThatWasStoppedIsRequeuedAsOftenAsAllowed) {
  add_program("mirrortune", "exit 75");
  const auto [out, code] = run(1);
  EXPECT_EQ(code, 75);
  EXPECT_THAT(out, HasSubstr("(2 of at most 2)\nscontrol requeue 12_0\n"));
  EXPECT_THAT(run(2).first, HasSubstr("not requeued"));
  EXPECT_EQ(run(2).second, 75);
}

/// Says that it is ready, by a signal of its parent's own, and waits.
constexpr const char* kWaits = "trap 'echo told; exit 75' USR1\ntrap 'echo ended; exit 75' TERM\n";

TEST_F(RunScript, Usr1IsHandedOnOnceAndLeadsBackIntoTheQueue) {
  add_program("mirrortune", std::string(kWaits) + "kill -USR1 $PPID; while :; do sleep 0.1; done");
  const auto [out, code] = run(0);
  EXPECT_EQ(code, 75);
  EXPECT_THAT(out, testing::StartsWith("told\n"));
  EXPECT_THAT(out, HasSubstr("scontrol requeue 12_0"));
}

TEST_F(RunScript, Usr1BeforeTheProgramIsReadyLeadsBackIntoTheQueueToo) {
  add_program("mirrortune", "kill -USR1 $PPID; while :; do sleep 0.1; done");
  const auto [out, code] = run(0);
  EXPECT_EQ(code, 75);
  EXPECT_THAT(out, HasSubstr("scontrol requeue 12_0"));
}

TEST_F(RunScript, AfterTermItIsNotRequeuedAndTheProgramHearsNothingTwice) {
  add_program("mirrortune", std::string(kWaits) + "kill -TERM $PPID; sleep 0.3; kill -TERM $$");
  const auto [out, code] = run(0);
  EXPECT_EQ(code, 75);
  EXPECT_EQ(out, "ended\n");
}

TEST(SlurmWork, IsEveryTrialOfANewExperiment) {
  test::MadeExperiment made;
  made.options.cells[1].lr.fixed.reset();
  const SlurmWork work = slurm_work(made.options, {});
  ASSERT_EQ(work.cells.size(), 2u);
  EXPECT_FALSE(work.cells[0].search);
  EXPECT_TRUE(work.cells[1].search);
  EXPECT_THAT(work.cells[1].seeds, ElementsAre(0u, 1u));
  EXPECT_EQ(slurm_work(made.options, {{"seed", "1"}}).cells[0].seeds.size(), 1u);
}

TEST(SlurmWork, LeavesOutWhatIsFinished) {
  test::MadeExperiment made;
  for (auto& cell : made.options.cells) {
    cell.lr.fixed.reset();
    cell.lr.search = {0.1};
    cell.lr.target_accuracy = 0;
  }
  const std::string first = made.options.cells[0].name;
  const RunRequest searches{.only = {{"cell", first}}, .shard = Shard{}, .search_only = true, .threads = 1};
  EXPECT_EQ(made.run(searches).trials.size(), 2u);
  EXPECT_THAT(made.recorder.trials, IsEmpty());
  EXPECT_EQ(made.recorder.searches.size(), 1u);
  SlurmWork work = slurm_work(made.options, {});
  EXPECT_FALSE(work.cells[0].search);
  EXPECT_TRUE(work.cells[1].search);

  made.run({.only = {{"cell", first}}, .shard = Shard{}, .threads = 1});
  work = slurm_work(made.options, {});
  EXPECT_EQ(work.finished, 2);
  ASSERT_EQ(work.cells.size(), 1u);
  EXPECT_TRUE(work.cells[0].search);
}

TEST(SlurmWork, ARecordOfAnotherConfigurationIsRefused) {
  test::MadeExperiment made;
  made.run({.only = {{"seed", "0"}}, .threads = 1});
  made.options.cells[0].identity.back().second = "3";
  EXPECT_THROW(slurm_work(made.options, {}), ResumeError);
  EXPECT_EQ(slurm_work(made.options, {{"potential", "2-norm"}}).finished, 1);
}

TEST(SearchOnly, ASearchThatFailsIsTold) {
  test::MadeExperiment made;
  for (auto& cell : made.options.cells) {
    cell.lr.fixed.reset();
    cell.optimizer.groups = {{"no such parameter", "2-norm"}};
  }
  try {
    made.run({.shard = Shard{}, .search_only = true, .threads = 1});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::some_failed);
    EXPECT_THAT(error.what(), HasSubstr(made.options.cells[1].name)) << "the second cell was tried too";
  }
}

}  // namespace
}  // namespace mirrortune
