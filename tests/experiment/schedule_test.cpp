#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "experiment/made_experiment.h"
#include "support/run_contents.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Two cells with a search of two rates each, and two seeds.
void with_searches(ExperimentOptions& options) {
  for (auto& cell : options.cells) {
    cell.lr.fixed.reset();
    cell.lr.search = {0.01, 0.1};
    cell.lr.target_accuracy = 0;
  }
}

TEST(Schedule, TrainingsSideBySideLeaveTheFilesOfOneAfterTheOther) {
  test::MadeExperiment one, many;
  with_searches(one.options);
  with_searches(many.options);
  many.options.cells = one.options.cells;  // the same images, so that the subsets' tables have one text
  many.options.schedule.parallel = 3;
  ASSERT_EQ(one.run({.threads = 1}).exit_code, ExitCode::ok);
  ASSERT_EQ(many.run({.threads = 1}).exit_code, ExitCode::ok);
  EXPECT_THAT(
      test::differing_files(test::run_contents(one.run_folder()), test::run_contents(many.run_folder())),
      testing::IsEmpty());
  EXPECT_EQ(many.recorder.trials.size(), 4u);
  EXPECT_EQ(many.recorder.searches.size(), 2u);
  EXPECT_EQ(many.recorder.epochs, one.recorder.epochs);
  EXPECT_EQ(many.recorder.steps, one.recorder.steps);
}

TEST(Schedule, TheThreadsAreSharedAmongTheTrainingsUnlessTheyAreGiven) {
  test::MadeExperiment made;
  made.options.schedule.parallel = 64;  // more than there are trials
  made.options.cells.resize(1);
  made.run({});
  const auto threads = read_json(made.run_folder() / "manifest.json").at("threads").get<int>();
  EXPECT_EQ(threads, std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2));
  test::MadeExperiment given;
  given.options.schedule.parallel = 2;
  given.run({.threads = 2});
  EXPECT_EQ(read_json(given.run_folder() / "manifest.json").at("threads"), 2);
}

TEST(Schedule, AutomaticMeasuresOnceAndKeepsTheChoice) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "needs two cores";
  test::MadeExperiment made;
  made.options.schedule.parallel = 0;
  made.run({.only = {{"seed", "0"}}, .threads = 1});
  const auto compute = [&] { return read_json(made.run_folder() / "manifest.json").at("compute"); };
  const Json first = compute();
  const Json found = first.begin().value().at("side_by_side");
  EXPECT_GE(found.at("images_per_second").size(), 2u);
  EXPECT_GT(found.at("images_per_second").at("1"), 0);
  const int chosen = found.at("trainings").get<int>();
  EXPECT_TRUE(chosen == 1 || chosen == 2) << chosen;
  made.run({.threads = 1});
  EXPECT_EQ(compute(), first);
}

TEST(Schedule, AfterAFailureFailFastBeginsNoOtherTrialAndKeepGoingRunsThem) {
  for (const auto on_failure : {OnFailure::fail_fast, OnFailure::keep_going}) {
    test::MadeExperiment made;
    made.options.cells[0].optimizer.momentum = -1;  // only the optimiser checks its options
    made.options.schedule.on_failure = on_failure;
    const auto summary = made.run({.threads = 1});
    EXPECT_EQ(summary.exit_code, ExitCode::some_failed);
    const auto in_state = [&](TrialState state) {
      return std::count_if(summary.trials.begin(), summary.trials.end(),
                           [&](const TrialRow& row) { return row.state == state; });
    };
    const bool fast = on_failure == OnFailure::fail_fast;
    EXPECT_EQ(in_state(TrialState::failed), fast ? 1 : 2);
    EXPECT_EQ(in_state(TrialState::pending), fast ? 3 : 0);
  }
}

/// Puts a folder where the metrics of the second seed's trial must be written, once the first's has stepped.
class MetricsBlocked : public RunObserver {
 public:
  explicit MetricsBlocked(fs::path file) : file_(std::move(file)) {}
  void on_step(const TrainingStart& training, const StepProgress&) override {
    if (training.seed == std::uint64_t{0}) first_has_stepped_ = true;
    if (training.seed != std::uint64_t{1} || !first_has_stepped_ || fs::is_directory(file_)) return;
    fs::remove(file_);
    fs::create_directories(file_ / "in the way");
  }

 private:
  fs::path file_;
  bool first_has_stepped_ = false;
};

TEST(Schedule, AnErrorThatEndsTheRunStopsTheOthersWhoGoOnLater) {
  test::MadeExperiment made, undisturbed;
  made.options.cells.resize(1);
  made.options.cells[0].train.epochs = 20;
  undisturbed.options.cells = made.options.cells;
  made.options.schedule.parallel = 2;
  MetricsBlocked observer(made.trial("negative_entropy", "seed-01") / "metrics.csv");
  EXPECT_THROW(run_experiment(made.options, {.threads = 1}, observer), WriteError);
  EXPECT_FALSE(fs::exists(made.trial("negative_entropy", "seed-00") / "trial.json"));
  EXPECT_TRUE(fs::exists(made.trial("negative_entropy", "seed-00") / "checkpoint"));
  EXPECT_EQ(made.run({.threads = 1}).exit_code, ExitCode::ok);
  EXPECT_LT(made.recorder.steps, 80) << "the first goes on from its checkpoint";
  undisturbed.run({.threads = 1});
  EXPECT_THAT(test::differing_files(test::run_contents(made.run_folder()),
                                    test::run_contents(undisturbed.run_folder())),
              testing::IsEmpty());
}

TEST(Schedule, PackedImagesAreDecodedOnceAndTrainTheSame) {
  test::MadeExperiment made, plain;
  made.options.cells.resize(1);
  plain.options.cells = made.options.cells;
  made.options.schedule.pack_images = true;
  made.run({.only = {{"seed", "1"}}, .threads = 1});
  const auto packs = made.run_folder() / "images";
  ASSERT_TRUE(fs::exists(packs));
  const auto pack = fs::directory_iterator(packs)->path();
  const auto written = fs::last_write_time(pack / "images.npy");
  made.run({.threads = 1});
  EXPECT_EQ(std::distance(fs::directory_iterator(packs), fs::directory_iterator()), 1);
  EXPECT_EQ(fs::last_write_time(pack / "images.npy"), written);
  plain.run({.threads = 1});
  auto contents = test::run_contents(made.run_folder());
  std::erase_if(contents, [](const auto& file) { return file.first.starts_with("images/"); });
  EXPECT_THAT(test::differing_files(contents, test::run_contents(plain.run_folder())), testing::IsEmpty());
}

TEST(Schedule, PartsThatShareAPackTrainTheSame) {
  test::MadeExperiment made, plain;
  made.options.cells.resize(1);
  plain.options.cells = made.options.cells;
  made.options.schedule.pack_images = true;
  for (std::int64_t part = 1; part <= 2; ++part) made.run({.shard = Shard{part, 2}, .threads = 1});
  plain.run({.threads = 1});
  for (const char* seed : {"seed-00", "seed-01"}) {
    const fs::path file = fs::path("final.safetensors");
    EXPECT_EQ(sha256_of_file(made.trial("negative_entropy", seed) / file),
              sha256_of_file(plain.trial("negative_entropy", seed) / file));
  }
}

/// Reads metrics.csv as soon as an epoch has ended.
class MetricsReader : public RunObserver {
 public:
  explicit MetricsReader(fs::path file) : file_(std::move(file)) {}
  void on_epoch(const TrainingStart& training, const EpochMetrics&) override {
    if (training.seed == std::uint64_t{0}) rows.push_back(CsvTable::read(file_).rows().size());
  }
  std::vector<std::size_t> rows;

 private:
  fs::path file_;
};

TEST(Schedule, MetricsAreThereAfterEveryEpoch) {
  test::MadeExperiment made;
  made.options.cells.resize(1);
  MetricsReader observer(made.trial("negative_entropy", "seed-00") / "metrics.csv");
  run_experiment(made.options, {.threads = 1}, observer);
  EXPECT_THAT(observer.rows, testing::ElementsAre(1u, 2u));
}

}  // namespace
}  // namespace mirrortune
