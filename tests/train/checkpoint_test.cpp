#include "train/checkpoint.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

struct Notes : TrainingObserver {
  void on_note(const std::string& note) override { notes.push_back(note); }
  std::vector<std::string> notes;
};

Checkpoint made_checkpoint(std::int64_t steps) {
  return {.epochs = {{.epoch = 1,
                      .lr = 0.1,
                      .train_loss = 1.0 / 3,
                      .train_accuracy = 0.25,
                      .seconds = 2,
                      .loss_sum = 0.1}},
          .steps = steps,
          .counts = {.zeros = 1, .sign_flips = 2, .clamped = 3, .skipped = 4},
          .images_done = 8,
          .seconds = 0.5,
          .network = {{"conv.weight", torch::full({2, 3}, static_cast<double>(steps))}},
          .optimizer = {{"conv.weight.momentum", torch::ones({2, 3})}},
          .scaler = {},
          .sums = {{"right", torch::tensor(5)}}};
}

/// A folder with the checkpoints of steps 10, 20 and 30.
class Checkpoints : public ::testing::Test {
 protected:
  Checkpoints() {
    for (const int steps : {10, 20, 30}) CheckpointFolder(options).keep(made_checkpoint(steps));
  }

  std::int64_t newest_steps() {
    const auto found = CheckpointFolder(options).newest(notes);
    return found ? found->steps : -1;
  }
  fs::path step(int steps) const { return folder.path() / ("step-000000" + std::to_string(steps)); }

  test::TemporaryFolder folder;
  CheckpointOptions options{.folder = folder.path(),
                            .every_epochs = 5,
                            .identity = {{"train.epochs", "2"}},
                            .key = "mine",
                            .environment = {{"threads", "2"}, {"libtorch", "2.13.0"}}};
  Notes notes;
};

TEST_F(Checkpoints, TheNewestComesBackWhole) {
  const auto found = CheckpointFolder(options).newest(notes);
  ASSERT_TRUE(found);
  const Checkpoint expected = made_checkpoint(30);
  EXPECT_EQ(found->steps, 30);
  EXPECT_EQ(found->counts, expected.counts);
  EXPECT_EQ(found->images_done, 8);
  EXPECT_EQ(found->seconds, 0.5);
  ASSERT_EQ(found->epochs.size(), 1U);
  EXPECT_EQ(found->epochs[0].train_loss, 1.0 / 3);
  EXPECT_EQ(found->epochs[0].loss_sum, 0.1);
  EXPECT_TRUE(torch::equal(found->network.at("conv.weight"), expected.network.at("conv.weight")));
  EXPECT_TRUE(torch::equal(found->optimizer.at("conv.weight.momentum"), torch::ones({2, 3})));
  EXPECT_EQ(found->sums.at("right").item<int>(), 5);
  EXPECT_THAT(notes.notes, testing::IsEmpty());
}

TEST_F(Checkpoints, TellWhatTheyAreOfAndHowFar) {
  fs::remove(step(30) / "training.json");
  const auto summary = newest_summary(folder.path());
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->identity, options.identity);
  EXPECT_EQ(summary->epochs, 1);
  EXPECT_EQ(summary->seconds, 2.5);
  EXPECT_FALSE(newest_summary(folder / "nothing"));
}

TEST_F(Checkpoints, TheNewestTwoAreKept) {
  EXPECT_FALSE(fs::exists(step(10)));
  EXPECT_TRUE(fs::exists(step(20)));
  EXPECT_TRUE(fs::exists(step(30)));
}

TEST_F(Checkpoints, ADamagedOneIsToldAndTheOneBeforeIsTaken) {
  for (const char* file : {"state.safetensors", "training.json", "manifest.json"}) {
    const std::string whole = read_text_file(step(30) / file);
    for (const std::string& damaged :
         {whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 3) + "   "}) {
      std::ofstream(step(30) / file) << damaged;
      notes.notes.clear();
      EXPECT_EQ(newest_steps(), 20) << file;
      EXPECT_THAT(notes.notes, testing::ElementsAre(testing::HasSubstr("step-00000030 is not used"))) << file;
    }
    fs::remove(step(30) / file);
    EXPECT_EQ(newest_steps(), 20) << file << " missing";
    std::ofstream(step(30) / file) << whole;
    EXPECT_EQ(newest_steps(), 30) << file;
  }
}

TEST_F(Checkpoints, ADamagedOneGivesWayToTheNext) {
  fs::remove(step(30) / "manifest.json");
  CheckpointFolder(options).keep(made_checkpoint(25));
  EXPECT_FALSE(fs::exists(step(30)));
  EXPECT_TRUE(fs::exists(step(20)));
  EXPECT_EQ(newest_steps(), 25);
  EXPECT_THAT(notes.notes, testing::IsEmpty());
}

TEST_F(Checkpoints, TheNewestWholeOneStaysBesideTheNextThoughADamagedOneIsNewer) {
  fs::remove(step(30) / "manifest.json");
  CheckpointFolder(options).keep(made_checkpoint(40));
  EXPECT_FALSE(fs::exists(step(30)));
  EXPECT_TRUE(fs::exists(step(20)));
  EXPECT_TRUE(fs::exists(step(40)));
}

TEST_F(Checkpoints, WithNoneWholeThereIsNone) {
  for (const int steps : {20, 30}) fs::remove(step(steps) / "training.json");
  EXPECT_EQ(newest_steps(), -1);
  EXPECT_THAT(notes.notes, testing::SizeIs(2));
}

TEST_F(Checkpoints, KeepingTheSameStepAgainLeavesItInItsPlace) {
  const auto written = fs::last_write_time(step(30) / "manifest.json");
  CheckpointFolder(options).keep(made_checkpoint(30));
  EXPECT_EQ(fs::last_write_time(step(30) / "manifest.json"), written);
  EXPECT_EQ(newest_steps(), 30);
}

TEST_F(Checkpoints, ThoseOfAnotherTrainingAreRemoved) {
  options.key = "another";
  EXPECT_EQ(newest_steps(), -1);
  EXPECT_FALSE(holds_checkpoint(folder.path()));
}

TEST_F(Checkpoints, AnotherEnvironmentIsRefusedByNameUnlessAllowed) {
  options.environment["threads"] = "1";
  options.environment["libtorch"] = "2.14.0";
  try {
    newest_steps();
    ADD_FAILURE() << "expected a ResumeError";
  } catch (const ResumeError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("threads (2 then, 1 now)"));
    EXPECT_THAT(error.what(), testing::HasSubstr("libtorch (2.13.0 then, 2.14.0 now)"));
    EXPECT_THAT(error.what(), testing::HasSubstr("--allow-inexact"));
  }
  options.allow_inexact = true;
  EXPECT_EQ(newest_steps(), 30);
}

TEST_F(Checkpoints, ThereIsNoneWhereThereIsNoFolder) {
  options.folder = "/nonexistent";
  EXPECT_EQ(newest_steps(), -1);
  EXPECT_THAT(notes.notes, testing::IsEmpty());
}

TEST_F(Checkpoints, NoneAreKeptWhereNoneAreAskedFor) {
  const test::TemporaryFolder empty;
  CheckpointFolder never({.folder = empty.path(), .every_epochs = 0});
  never.keep(made_checkpoint(1));
  EXPECT_FALSE(holds_checkpoint(empty.path()));
  EXPECT_FALSE(never.is_due(5));
  CheckpointFolder often(options);
  EXPECT_TRUE(often.is_due(5));
  EXPECT_FALSE(often.is_due(6));
}

}  // namespace
}  // namespace mirrortune
