#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <tuple>

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/stop.h"
#include "experiment/made_experiment.h"
#include "support/run_contents.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

/// Asks to stop, as Ctrl-C does, in the n-th step of the run.
class StopAtStep : public RunObserver {
 public:
  explicit StopAtStep(int step) : step_(step) { install_signal_handlers(); }
  void on_step(const TrainingStart&, const StepProgress&) override {
    if (--step_ == 0) std::raise(SIGINT);
  }

 private:
  int step_;
};

/// Runs the experiment in `root` up to the step; ends the process with the exit code of the error.
[[noreturn]] void run_until(const fs::path& root, int step,
                            const std::function<void(ExperimentOptions&)>& change, int threads = 2) {
  int code = 0;
  {
    test::MadeExperiment made(root);
    change(made.options);
    StopAtStep observer(step);
    try {
      run_experiment(made.options, {.threads = threads}, observer);
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
      code = static_cast<int>(error.code());
    }
  }
  std::_Exit(code);
}

/// A folder that the death test's child, which runs the test anew, knows too.
class SharedFolder {
 public:
  SharedFolder() {
    if (const char* path = std::getenv("MIRRORTUNE_TEST_FOLDER")) {
      path_ = path;
      return;
    }
    folder_.emplace();
    path_ = folder_->path();
    setenv("MIRRORTUNE_TEST_FOLDER", path_.c_str(), /*overwrite=*/1);
  }
  ~SharedFolder() {
    if (folder_) unsetenv("MIRRORTUNE_TEST_FOLDER");
  }
  const fs::path& path() const { return path_; }

 private:
  std::optional<test::TemporaryFolder> folder_;
  fs::path path_;
};

void no_change(ExperimentOptions&) {}

void with_search(ExperimentOptions& options) {
  options.cells.resize(1);
  options.cells[0].lr.fixed.reset();
  options.cells[0].lr.search = {0.01, 0.1};
  options.cells[0].lr.target_accuracy = 0;
}

TEST(InterruptedRun, KeepsWhatIsDoneSaysHowToGoOnAndEndsWithTheBitsOfAnUninterruptedOne) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const SharedFolder folder;
  // Two steps an epoch, two epochs a trial: step 7 is in the second trial.
  EXPECT_EXIT(run_until(folder.path(), 7, no_change), testing::ExitedWithCode(75),
              "1 of 4 trials are finished.*Repeat the same command");
  test::MadeExperiment interrupted(folder.path());
  EXPECT_TRUE(fs::exists(interrupted.trial("negative_entropy", "seed-00") / "trial.json"));
  EXPECT_FALSE(fs::exists(interrupted.trial("negative_entropy", "seed-01") / "init.safetensors"));
  const auto index = CsvTable::read(interrupted.run_folder() / "index.csv");
  EXPECT_EQ(index.rows()[1][index.column("state")], "pending");
  interrupted.run();
  EXPECT_EQ(interrupted.recorder.trainings.size(), 3U);

  test::MadeExperiment whole;
  whole.run();
  for (const char* potential : {"negative_entropy", "2-norm"}) {
    EXPECT_EQ(sha256_of_file(interrupted.trial(potential, "seed-01") / "final.safetensors"),
              sha256_of_file(whole.trial(potential, "seed-01") / "final.safetensors"));
  }
}

void with_checkpoints(ExperimentOptions& options) {
  options.cells.resize(1);
  options.seeds = {3};
  options.cells[0].train.epochs = 4;
  options.cells[0].runtime.checkpoint_every_epochs = 2;
  options.cells[0].snapshots.epochs = {1, 3};
}

/// The folder of a run with checkpoints that was stopped in the seventh of its eight steps.
class StoppedRun : public ::testing::Test {
 protected:
  StoppedRun() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(run_until(folder.path(), 7, with_checkpoints), testing::ExitedWithCode(75), "0 of 1 trials");
  }

  const SharedFolder folder;
};

TEST_F(StoppedRun, GoesOnFromTheCheckpointWithTheSameBits) {
  test::MadeExperiment interrupted(folder.path());
  test::MadeExperiment whole;
  with_checkpoints(interrupted.options);
  with_checkpoints(whole.options);
  const auto trial = interrupted.trial("negative_entropy", "seed-03");
  EXPECT_TRUE(fs::exists(trial / "checkpoint"));
  interrupted.run();
  whole.run();
  EXPECT_EQ(interrupted.recorder.steps, 1) << "the seven steps before are not repeated";
  EXPECT_EQ(interrupted.recorder.epochs, 1) << "the first three are not repeated";
  EXPECT_EQ(whole.recorder.epochs, 4);
  EXPECT_FALSE(fs::exists(trial / "checkpoint"));
  for (const char* name : {"init", "epoch-0001", "epoch-0003", "final"}) {
    const auto file = std::string(name) + ".safetensors";
    EXPECT_EQ(sha256_of_file(trial / file), sha256_of_file(whole.trial("negative_entropy", "seed-03") / file))
        << name;
  }
  const auto ours = interrupted.record("negative_entropy", "seed-03");
  EXPECT_EQ(ours.at("counts"), whole.record("negative_entropy", "seed-03").at("counts"));
  EXPECT_EQ(ours.at("steps"), 8);
  EXPECT_EQ(CsvTable::read(trial / "metrics.csv").rows().size(), 4U);
}

TEST(InterruptedRun, GoesOnWithTheTrainingsOfTheSearchThatAreLeft) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const SharedFolder folder;
  EXPECT_EXIT(run_until(folder.path(), 6, with_search), testing::ExitedWithCode(75), "0 of 2 trials");
  test::MadeExperiment made(folder.path());
  with_search(made.options);
  const auto table = made.trial("negative_entropy", "seed-00").parent_path() / "lr_search.csv";
  EXPECT_EQ(CsvTable::read(table).rows().size(), 1U);
  made.run();
  EXPECT_EQ(made.recorder.trainings.size(), 1U + 2U);
  EXPECT_EQ(CsvTable::read(table).rows().size(), 2U);
}

/// What is interrupted: potential, threads and seed.
using InterruptedCase = std::tuple<const char*, int, std::uint64_t>;

class InterruptedRunMatrix : public ::testing::TestWithParam<InterruptedCase> {};

/// Where the interruptions of a chain fall, in steps of the whole run: 2 rates × 2 epochs × 2 steps of the
/// search, 2 rates × 3 epochs × 2 steps of its extension, and then the trial's 3 epochs.
struct Interruption {
  int after_steps;
  const char* where;
};
constexpr std::array<Interruption, 6> kChain = {{{5, "in an epoch of the search"},
                                                 {8, "after the last step of the search's first round"},
                                                 {9, "in an epoch of the extended search"},
                                                 {16, "at an epoch's end of the extended search"},
                                                 {22, "at an epoch's end of the trial"},
                                                 {25, "in the trial's last epoch"}}};
constexpr int kAllSteps = 26;

TEST_P(InterruptedRunMatrix, StoppedAgainAndAgainEndsWithEveryFileOfAnUninterruptedOne) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const SharedFolder folder;
  const auto& [potential, threads, seed] = GetParam();
  const auto change = [&, potential = potential, seed = seed](ExperimentOptions& options) {
    options.cells.resize(1);
    options.seeds = {seed};
    auto& cell = options.cells[0];
    cell.name = std::string("shufflenet_v2_x0_5__") + potential;
    cell.potential = potential;
    cell.identity[1].second = potential;
    cell.lr.fixed.reset();
    cell.lr.search = {0.001, 0.01};
    cell.lr.extend_epochs = 1;
    cell.lr.extend_times = 1;
    cell.runtime.checkpoint_every_epochs = 1;
    cell.snapshots = {.epochs = {1}, .full = true};
  };
  int done = 0;
  for (const auto& [after_steps, where] : kChain) {
    SCOPED_TRACE(where);
    EXPECT_EXIT(run_until(folder.path(), after_steps - done, change, threads), testing::ExitedWithCode(75),
                "0 of 1 trials are finished");
    done = after_steps;
  }
  test::MadeExperiment interrupted(folder.path());
  test::MadeExperiment whole;
  change(interrupted.options);
  change(whole.options);
  interrupted.run({.threads = threads});
  whole.run({.threads = threads});
  EXPECT_EQ(whole.recorder.steps, kAllSteps);
  EXPECT_EQ(interrupted.recorder.steps, kAllSteps - done) << "no step is repeated";
  EXPECT_THAT(interrupted.recorder.notes, testing::ElementsAreArray(whole.recorder.notes));
  // The manifest names the folder of the images, which is another one.
  EXPECT_THAT(test::differing_files(test::run_contents(interrupted.run_folder()),
                                    test::run_contents(whole.run_folder()), {"manifest.json"}),
              testing::IsEmpty());
}

std::string name_of(const ::testing::TestParamInfo<InterruptedCase>& named) {
  const auto& [potential, threads, seed] = named.param;
  const std::string name = potential == std::string("3-norm") ? "ThreeNorm" : "NegativeEntropy";
  return name + "Threads" + std::to_string(threads) + "Seed" + std::to_string(seed);
}

INSTANTIATE_TEST_SUITE_P(All, InterruptedRunMatrix,
                         ::testing::Combine(::testing::Values("negative_entropy", "3-norm"),
                                            ::testing::Values(1, 2), ::testing::Values(0, 7)),
                         name_of);

TEST_F(StoppedRun, KeepsTheCheckpointOfAnotherConfigurationAndNamesTheKeys) {
  test::MadeExperiment made(folder.path());
  with_checkpoints(made.options);
  made.options.cells[0].identity.back() = {"train.epochs", "5"};
  try {
    made.run();
    ADD_FAILURE() << "expected a ResumeError";
  } catch (const ResumeError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("train.epochs (2 there, 5 now)"));
  }
  EXPECT_TRUE(fs::exists(made.trial("negative_entropy", "seed-03") / "checkpoint"));
  made.run({.fresh = true, .threads = 2});
  EXPECT_EQ(made.recorder.steps, 8);
}

TEST_F(StoppedRun, GoesOnWithOtherThreadsOnlyWhereThatIsAllowed) {
  test::MadeExperiment made(folder.path());
  with_checkpoints(made.options);
  EXPECT_THROW(made.run({.threads = 1}), ResumeError);
  made.run({.allow_inexact = true, .threads = 1});
  EXPECT_EQ(made.recorder.steps, 1) << "seven of eight steps were done";
}

TEST(FullDisk, EndsTheRunWithTheDirectoryWhole) {
  test::MadeExperiment made;
  // The tables fit under the limit, a snapshot does not.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit small = old;
  small.rlim_cur = 500'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(made.run(), WriteError);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_FALSE(fs::exists(made.trial("negative_entropy", "seed-00")));
  const auto index = CsvTable::read(made.run_folder() / "index.csv");
  EXPECT_EQ(index.rows()[0][index.column("state")], "pending");
  EXPECT_EQ(made.run().exit_code, ExitCode::ok) << "with room again, the same command goes on";
}

/// Puts a folder where a file is, so that it can be neither read nor written, in the last step of the first
/// trial.
class FileBlocked : public test::RunRecorder {
 public:
  explicit FileBlocked(fs::path file) : file_(std::move(file)) {}
  void on_step(const TrainingStart&, const StepProgress&) override {
    if (++steps != 4) return;
    fs::remove(file_);
    fs::create_directories(file_ / "blocked");
  }

 private:
  fs::path file_;
};

TEST(FailedWrite, AfterATrialIsRecordedTakesNothingBack) {
  test::MadeExperiment made;
  const auto index = made.run_folder() / "index.csv";
  FileBlocked observer(index);
  EXPECT_THROW(run_experiment(made.options, {.threads = 2}, observer), WriteError);
  const auto trial = made.trial("negative_entropy", "seed-00");
  ASSERT_TRUE(fs::exists(trial / "trial.json"));
  const auto record = read_text_file(trial / "trial.json");
  fs::remove_all(index);
  EXPECT_EQ(made.run().exit_code, ExitCode::ok);
  EXPECT_EQ(made.recorder.trainings.size(), 3U) << "the recorded trial is not repeated";
  EXPECT_EQ(read_text_file(trial / "trial.json"), record);
}

TEST(FailedRead, OfTheRunDirectoryEndsTheRunAndIsNoFailureOfTheTrial) {
  test::MadeExperiment made;
  const auto manifest = made.run_folder() / "manifest.json";
  FileBlocked observer(manifest);
  try {
    run_experiment(made.options, {.threads = 2}, observer);
    ADD_FAILURE() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(manifest.string()));
  }
  EXPECT_FALSE(fs::exists(made.trial("negative_entropy", "seed-00") / "trial.json"));
  fs::remove_all(manifest);
  EXPECT_EQ(made.run().exit_code, ExitCode::ok);
}

}  // namespace
}  // namespace mirrortune
