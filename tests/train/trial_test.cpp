#include "train/trial.h"

#include <cmath>
#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/sha256.h"
#include "support/paths.h"
#include "train/made_problem.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

/// A trial on made images in a folder of its own.
struct MadeTrial {
  test::TemporaryFolder folder;
  StartingPoint start{test::made_model()};
  DeviceImages images = test::made_images(16);
  DeviceImages holdout = test::made_images(10, /*seed=*/1);
  TrialOptions options{
      .training = test::made_training(0.05, 3), .snapshots = {}, .metadata = {{"model", "made"}}};

  TrialResult run() {
    options.folder = folder.path();
    TrainingObserver observer;
    return run_trial({start, images, &holdout}, options, observer);
  }
};

TEST(Trial, KeepsTheWeightsBeforeAndAfterWithTheirMetadata) {
  MadeTrial trial;
  trial.options.training.seed = 4;
  trial.run();
  const auto network = trial.start.make(4, torch::kCPU);
  const auto init = WeightsFile::open(trial.folder / "init.safetensors");
  const auto last = WeightsFile::open(trial.folder / "final.safetensors");
  const auto layers = plastic_weights(*network);
  ASSERT_EQ(init->tensors().size(), layers.size());
  for (const auto& layer : layers) {
    const auto* info = init->find(layer.name);
    ASSERT_TRUE(info) << layer.name;
    std::vector<float> values(static_cast<std::size_t>(info->elements()));
    init->read_values(*info, 0, values);
    EXPECT_TRUE(torch::equal(torch::tensor(values), layer.weight.contiguous().flatten())) << layer.name;
    EXPECT_NE(last->read(*last->find(layer.name)).bytes, init->read(*info).bytes) << layer.name;
  }
  EXPECT_EQ(last->metadata(), (std::map<std::string, std::string>{{"model", "made"},
                                                                  {"potential", "2-norm"},
                                                                  {"seed", "4"},
                                                                  {"lr", "0.05"},
                                                                  {"epoch", "3"},
                                                                  {"head", "fc"}}));
  EXPECT_EQ(init->metadata().at("epoch"), "0");
}

TEST(Trial, TheFullStateHasTheAccuracyThatWasRecorded) {
  MadeTrial trial;
  trial.options.snapshots.full = true;
  const auto result = trial.run();
  auto model = test::made_model();
  model.weights = (trial.folder / "model.safetensors").string();
  const auto network = StartingPoint(model).make(0, torch::kCPU);
  EXPECT_EQ(evaluate(*network, trial.images, 8).loss, result.after.loss);
  EXPECT_EQ(evaluate(*network, trial.holdout, 8).accuracy, result.holdout_accuracy_after);
}

TEST(Trial, LeavesTensorBoardAFileForEachEpochAndSnapshotWithoutChangingAWeight) {
  MadeTrial plain, shown;
  plain.run();
  shown.options.snapshots = {.epochs = {2}, .tensorboard = true};
  shown.run();
  EXPECT_FALSE(fs::exists(plain.folder / "tensorboard"));
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(shown.folder / "tensorboard")) {
    names.insert(entry.path().filename().string());
    const auto text = read_text_file(entry.path());
    const bool metrics = entry.path().extension() == ".metrics";
    EXPECT_NE(text.find(metrics ? "train/loss" : "weights/fc.weight"), std::string::npos) << entry.path();
  }
  EXPECT_EQ(names, (std::set<std::string>{
                       "events.out.tfevents.0000000000.weights", "events.out.tfevents.0000000001.metrics",
                       "events.out.tfevents.0000000002.metrics", "events.out.tfevents.0000000002.weights",
                       "events.out.tfevents.0000000003.metrics", "events.out.tfevents.0000000003.weights"}));
  EXPECT_EQ(sha256_of_file(shown.folder / "final.safetensors"),
            sha256_of_file(plain.folder / "final.safetensors"));
}

TEST(Trial, KeepsASnapshotAfterEachEpochAskedFor) {
  MadeTrial trial;
  trial.options.snapshots.epochs = {1, 3};
  trial.run();
  EXPECT_EQ(WeightsFile::open(trial.folder / "epoch-0001.safetensors")->metadata().at("epoch"), "1");
  EXPECT_FALSE(fs::exists(trial.folder / "epoch-0002.safetensors"));
  EXPECT_TRUE(fs::exists(trial.folder / "epoch-0003.safetensors"));
  EXPECT_FALSE(fs::exists(trial.folder / "model.safetensors"));
}

TEST(Trial, IsMarkedWhenItsTrainingAccuracyIsUnderTheTarget) {
  MadeTrial trial;
  trial.options.training.lr = 1e-9;
  const auto result = trial.run();
  ASSERT_LT(result.after.accuracy, 1);
  EXPECT_EQ(result.state, TrialState::below_target);
  EXPECT_EQ(result.before.accuracy, evaluate(*trial.start.make(0, torch::kCPU), trial.images, 8).accuracy);
  trial.options.target_accuracy = 0;
  EXPECT_EQ(trial.run().state, TrialState::done);
}

TEST(Trial, ThatDivergedKeepsNoWeightsAfter) {
  MadeTrial trial;
  trial.options.training.lr = 1e30;
  const auto result = trial.run();
  EXPECT_EQ(result.state, TrialState::diverged);
  EXPECT_TRUE(std::isnan(result.after.accuracy));
  EXPECT_FALSE(result.holdout_accuracy_after);
  EXPECT_TRUE(fs::exists(trial.folder / "init.safetensors"));
  EXPECT_FALSE(fs::exists(trial.folder / "final.safetensors"));
}

TEST(Trial, GivesTheSameBitsWhenRepeated) {
  for (const char* potential : {"negative_entropy", "3-norm"}) {
    MadeTrial first;
    MadeTrial second;
    for (auto* trial : {&first, &second}) {
      trial->options.training.potential = potential;
      trial->run();
    }
    EXPECT_EQ(sha256_of_file(first.folder / "final.safetensors"),
              sha256_of_file(second.folder / "final.safetensors"));
  }
}

}  // namespace
}  // namespace mirrortune
