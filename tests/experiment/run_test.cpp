#include "experiment/run.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "experiment/made_experiment.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::set<std::string> column(const fs::path& path, const std::string& name) {
  const auto table = CsvTable::read(path);
  std::set<std::string> values;
  for (const auto& row : table.rows()) values.insert(row[table.column(name)]);
  return values;
}

/// Relative paths of all files.
std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), folder).string());
  }
  return names;
}

TEST(Run, LeavesTheRunDirectoryOfItsContract) {
  test::MadeExperiment made;
  made.options.cells.pop_back();
  made.options.cells[0].snapshots.full = true;
  const auto summary = made.run();
  EXPECT_EQ(summary.exit_code, ExitCode::ok);
  const std::string trial = "cells/shufflenet_v2_x0_5__negative_entropy/seed-0";
  std::set<std::string> expected = {"config.yaml", "manifest.json", "index.csv",
                                    "subsets/shufflenet_v2_x0_5__seed-00.csv",
                                    "subsets/shufflenet_v2_x0_5__seed-01.csv"};
  for (const char* seed : {"0", "1"}) {
    for (const char* file : {"trial.json", "metrics.csv", "init.safetensors", "final.safetensors",
                             "model.safetensors", "log.txt"}) {
      expected.insert(trial + seed + "/" + file);
    }
  }
  EXPECT_EQ(files_in(made.run_folder()), expected);
  EXPECT_EQ(read_text_file(made.run_folder() / "config.yaml"), "name: made\n");
  const auto manifest = read_json(made.run_folder() / "manifest.json");
  EXPECT_EQ(manifest.at("threads"), 2);
  EXPECT_EQ(manifest.at("device"), "cpu");
}

TEST(Run, TrialJsonHoldsTheTrialAndAgreesWithTheSnapshotAndTheIndex) {
  test::MadeExperiment made;
  made.run();
  const auto record = made.record("2-norm", "seed-01");
  std::vector<std::string> keys;
  for (const auto& [key, value] : record.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"schema",
                                            "cell",
                                            "model",
                                            "potential",
                                            "seed",
                                            "state",
                                            "lr",
                                            "epochs",
                                            "identity_sha256",
                                            "identity",
                                            "head",
                                            "train_loss",
                                            "train_accuracy",
                                            "holdout_accuracy",
                                            "pretrained_holdout_accuracy",
                                            "pretrained_train_accuracy",
                                            "seconds",
                                            "steps",
                                            "counts",
                                            "threads",
                                            "device",
                                            "versions",
                                            "weights_sha256"}));
  EXPECT_EQ(record.at("seed"), 1);
  EXPECT_EQ(record.at("lr"), 0.1);
  EXPECT_EQ(record.at("steps"), 4);
  EXPECT_TRUE(record.at("holdout_accuracy").is_number());
  EXPECT_EQ(record.at("identity").at("seed"), "1");
  const auto last = WeightsFile::open(made.trial("2-norm", "seed-01") / "final.safetensors");
  EXPECT_EQ(last->metadata().at("config_hash"), record.at("identity_sha256"));
  EXPECT_EQ(last->metadata().at("model"), "shufflenet_v2_x0_5");
  const auto index = CsvTable::read(made.run_folder() / "index.csv");
  ASSERT_EQ(index.rows().size(), 4U);
  EXPECT_EQ(index.rows()[3][index.column("potential")], "2-norm");
  EXPECT_EQ(index.rows()[3][index.column("state")], record.at("state"));
  EXPECT_EQ(*parse_number(index.rows()[3][index.column("train_loss")]),
            record.at("train_loss").get<double>());
  EXPECT_EQ(CsvTable::read(made.trial("2-norm", "seed-01") / "metrics.csv").rows().size(), 2U);
}

TEST(Run, PotentialsOfASeedShareOneSubsetAndStartAndTheHoldoutIsOutside) {
  test::MadeExperiment made;
  made.options.cells[0].lr.fixed.reset();
  made.options.cells[0].lr.search = {0.1};
  made.options.cells[0].lr.target_accuracy = 0;
  made.run();
  const auto subset = [&](const std::string& name) {
    return column(made.run_folder() / "subsets" / ("shufflenet_v2_x0_5__" + name + ".csv"), "path");
  };
  const auto zero = subset("seed-00");
  EXPECT_EQ(zero.size(), 24U);
  EXPECT_NE(zero, subset("seed-01"));
  EXPECT_NE(zero, subset("search"));
  const auto init = [&](const char* potential) {
    const auto file = WeightsFile::open(made.trial(potential, "seed-00") / "init.safetensors");
    return file->read(*file->find("fc.weight")).bytes;
  };
  EXPECT_EQ(init("negative_entropy"), init("2-norm"));
}

TEST(Run, OneSubsetServesAllSeedsAndTheSearchAsPublished) {
  test::MadeExperiment made;
  for (auto& cell : made.options.cells) cell.data.subset.per_seed = false;
  made.run();
  EXPECT_EQ(files_in(made.run_folder() / "subsets"), std::set<std::string>{"shufflenet_v2_x0_5__shared.csv"});
}

TEST(Run, SkipsFinishedTrialsWhenRepeatedAndRunsWhatIsMissing) {
  test::MadeExperiment made;
  made.run();
  const auto before = sha256_of_file(made.trial("2-norm", "seed-00") / "final.safetensors");
  made.run();
  EXPECT_TRUE(made.recorder.trainings.empty());
  fs::remove_all(made.trial("2-norm", "seed-00"));
  const auto summary = made.run();
  ASSERT_EQ(made.recorder.trainings.size(), 1U);
  EXPECT_EQ(made.recorder.trainings[0].seed, 0U);
  EXPECT_EQ(summary.trials.size(), 4U);
  EXPECT_EQ(sha256_of_file(made.trial("2-norm", "seed-00") / "final.safetensors"), before);
}

TEST(Run, OnlyRunsTheChosenTrialsAndListsAll) {
  test::MadeExperiment made;
  const auto summary = made.run({.only = {{"potential", "2-norm"}, {"seed", "1"}}, .threads = 2});
  EXPECT_EQ(made.recorder.trainings.size(), 1U);
  EXPECT_EQ(summary.trials.size(), 1U);
  EXPECT_EQ(CsvTable::read(made.run_folder() / "index.csv").rows().size(), 4U);
  EXPECT_EQ(column(made.run_folder() / "index.csv", "state").count("pending"), 1U);
}

TEST(Run, RefusesAFolderOfAnotherConfigurationNamingWhatDiffersUnlessFresh) {
  test::MadeExperiment made;
  made.options.seeds = {0};
  made.run();
  const auto files = files_in(made.run_folder());
  for (auto& cell : made.options.cells) {
    cell.train.epochs = 1;
    cell.identity[2].second.assign(1, '1');
  }
  try {
    made.run();
    FAIL();
  } catch (const ResumeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("train.epochs (2 there, 1 now)"));
  }
  EXPECT_EQ(files_in(made.run_folder()), files);
  made.run({.fresh = true, .threads = 2});
  EXPECT_EQ(made.recorder.trainings.size(), 2U);
  EXPECT_EQ(made.record("2-norm", "seed-00").at("epochs"), 1);
}

TEST(Run, ADeterministicRunGoesOnWithItsThreadsOnly) {
  test::MadeExperiment made;
  made.options.seeds = {0};
  made.options.cells.pop_back();
  made.run({.threads = 2});
  EXPECT_THROW(made.run({.threads = 1}), ResumeError);
  EXPECT_NO_THROW(made.run({.threads = 0}));
  made.options.cells[0].runtime.deterministic = false;
  EXPECT_NO_THROW(made.run({.threads = 1}));
}

TEST(Run, ChangedImagesAreNotMixedWithTheOldOnes) {
  test::MadeExperiment made;
  made.options.seeds = {0};
  made.options.cells.resize(1);
  made.run();
  const auto first = *column(made.run_folder() / "subsets/shufflenet_v2_x0_5__seed-00.csv", "path").begin();
  const auto other = made.root() / "images" /
                     *column(made.run_folder() / "subsets/shufflenet_v2_x0_5__seed-00.csv", "path").rbegin();
  fs::copy_file(other, made.root() / "images" / first, fs::copy_options::overwrite_existing);
  fs::remove_all(made.trial("negative_entropy", "seed-00"));
  EXPECT_THROW(made.run(), ResumeError);
}

TEST(Run, SearchesOncePerCellForAllItsSeedsAndReusesTheResult) {
  test::MadeExperiment made;
  for (auto& cell : made.options.cells) {
    cell.lr.fixed.reset();
    cell.lr.search = {0.01, 0.1, 1e30};
    cell.lr.target_accuracy = 0;
  }
  made.options.cells.pop_back();
  made.run();
  EXPECT_EQ(made.recorder.searches.size(), 1U);
  EXPECT_EQ(made.recorder.trainings.size(), 3U + 2U);
  const auto folder = made.trial("negative_entropy", "seed-00").parent_path();
  const auto table = CsvTable::read(folder / "lr_search.csv");
  EXPECT_EQ(table.columns(),
            (std::vector<std::string>{"epochs", "lr", "final_loss", "train_accuracy", "state"}));
  ASSERT_EQ(table.rows().size(), 3U);
  EXPECT_EQ(table.rows()[2][table.column("state")], "diverged");
  const auto lr = made.record("negative_entropy", "seed-00").at("lr");
  EXPECT_EQ(made.record("negative_entropy", "seed-01").at("lr"), lr);

  fs::remove_all(made.trial("negative_entropy", "seed-01"));
  made.run();
  EXPECT_EQ(made.recorder.trainings.size(), 1U) << "the search is not repeated";
  EXPECT_EQ(made.record("negative_entropy", "seed-01").at("lr"), lr);
}

TEST(Run, AWinnerAtTheEdgeOfTheRatesIsNoted) {
  test::MadeExperiment made;
  made.options.cells.resize(1);
  made.options.cells[0].lr.fixed.reset();
  made.options.cells[0].lr.search = {1e-9, 0.1};
  made.options.cells[0].lr.target_accuracy = 0;
  made.run();
  EXPECT_THAT(made.recorder.notes, testing::Contains(HasSubstr("at the edge")));
  EXPECT_THAT(read_text_file(made.trial("negative_entropy", "seed-00") / "log.txt"),
              HasSubstr("at the edge"));
}

TEST(Run, EveryTrialDivergedIsAnOutcomeOfItsOwn) {
  test::MadeExperiment made;
  for (auto& cell : made.options.cells) cell.lr.fixed = 1e30;
  const auto summary = made.run();
  EXPECT_EQ(summary.exit_code, ExitCode::all_diverged);
  EXPECT_EQ(made.record("2-norm", "seed-00").at("state"), "diverged");
  EXPECT_TRUE(made.record("2-norm", "seed-00").at("train_loss").is_null());
  EXPECT_FALSE(fs::exists(made.trial("2-norm", "seed-00") / "final.safetensors"));
}

TEST(Run, EveryRateOfTheSearchDivergedLeavesDivergedTrialsWithoutARate) {
  test::MadeExperiment made;
  made.options.cells.resize(1);
  made.options.cells[0].lr.fixed.reset();
  made.options.cells[0].lr.search = {1e25, 1e30};
  const auto summary = made.run();
  EXPECT_EQ(summary.exit_code, ExitCode::all_diverged);
  EXPECT_TRUE(made.record("negative_entropy", "seed-00").at("lr").is_null());
}

TEST(Run, ATrialThatFailsIsRecordedTheOthersRunAndItIsTriedAgain) {
  test::MadeExperiment made;
  // Only the optimiser checks its options; the configuration refuses this one earlier.
  made.options.cells[0].optimizer.momentum = -1;
  const auto summary = made.run();
  EXPECT_EQ(summary.exit_code, ExitCode::some_failed);
  EXPECT_EQ(made.record("negative_entropy", "seed-00").at("state"), "failed");
  EXPECT_THAT(read_text_file(made.trial("negative_entropy", "seed-00") / "log.txt"), HasSubstr("failed: "));
  EXPECT_NE(made.record("2-norm", "seed-00").at("state"), "failed");
  made.options.cells[0].optimizer.momentum = 0.9;
  EXPECT_EQ(made.run().exit_code, ExitCode::ok);
  EXPECT_EQ(made.recorder.trainings.size(), 2U);
}

TEST(Run, CellsOfOneModelWithOtherImagesKeepTheirSubsetsApart) {
  test::MadeExperiment made;
  made.options.seeds = {0};
  made.options.cells[1].data.subset.count = 20;
  made.run();
  EXPECT_EQ(files_in(made.run_folder() / "subsets").size(), 2U);
}

TEST(Run, RecordsHowItsNetworksAreComputed) {
  test::MadeExperiment made;
  made.options.cells[1].train.precision = Precision::bf16;
  made.run();
  const auto compute = read_json(made.run_folder() / "manifest.json").at("compute");
  EXPECT_EQ(compute.at("shufflenet_v2_x0_5 at 32, batch 16, auto, cpu").at("plan"), "fp32 channels_last");
  const auto& other = compute.at("shufflenet_v2_x0_5 at 32, batch 16, bf16, cpu");
  EXPECT_EQ(other.at("plan"), "bf16 channels_last");
  EXPECT_EQ(other.at("steps"), "eager");
  EXPECT_FALSE(other.contains("images_per_second"));  // nothing is probed where bits must repeat
}

TEST(Run, ThatNeedNotBeDeterministicProbesOnceAndKeepsTheChoiceOnResume) {
  test::MadeExperiment made;
  made.options.seeds = {0};
  made.options.cells.resize(1);
  made.options.cells[0].runtime.deterministic = false;
  made.run();
  const auto path = made.run_folder() / "manifest.json";
  auto manifest = read_json(path);
  const std::string key = "shufflenet_v2_x0_5 at 32, batch 16, auto, cpu";
  ASSERT_EQ(manifest.at("compute").at(key).at("images_per_second").size(), 4U);
  // The slowest plan, as if it had been chosen: the next start follows it.
  manifest["compute"][key]["plan"] = "bf16 contiguous";
  write_json(path, manifest);
  made.options.seeds = {0, 1};
  made.run();
  EXPECT_EQ(read_json(path).at("compute").at(key).at("plan"), "bf16 contiguous");
  EXPECT_EQ(made.recorder.trainings.size(), 1U);
}

TEST(Run, TheSameExperimentGivesTheSameBits) {
  test::MadeExperiment first;
  test::MadeExperiment second;
  first.run();
  second.run();
  for (const char* potential : {"negative_entropy", "2-norm"}) {
    EXPECT_EQ(sha256_of_file(first.trial(potential, "seed-01") / "final.safetensors"),
              sha256_of_file(second.trial(potential, "seed-01") / "final.safetensors"));
  }
}

}  // namespace
}  // namespace mirrortune
