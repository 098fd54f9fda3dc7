#include "train/training.h"

#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/stream.h"
#include "support/paths.h"
#include "train/checkpoint.h"
#include "train/device.h"
#include "train/made_problem.h"

namespace mirrortune {
namespace {

/// Keeps what it is told.
class Recorder : public TrainingObserver {
 public:
  void on_step(const StepProgress& progress) override { steps.push_back(progress); }
  void on_epoch(std::span<const EpochMetrics> all) override { epochs.push_back(all.back()); }

  std::vector<StepProgress> steps;
  std::vector<EpochMetrics> epochs;
};

/// The same training as a plain loop over LibTorch's own SGD.
void train_by_sgd(Network& network, const DeviceImages& images, const TrainingOptions& options) {
  torch::optim::SGD sgd(network.parameters(),
                        torch::optim::SGDOptions(options.lr).momentum(options.optimizer.momentum));
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    sgd.param_groups()[0].options().set_lr(options.lr * (1 + std::cos(M_PI * epoch / options.epochs)) / 2);
    const auto order =
        Stream(options.seed, "shuffle", static_cast<std::uint64_t>(epoch)).permutation(images.count());
    for (std::size_t first = 0; first < order.size();
         first += static_cast<std::size_t>(options.train.batch_size)) {
      const auto size = std::min(static_cast<std::size_t>(options.train.batch_size), order.size() - first);
      const auto batch = images.batch(std::span(order).subspan(first, size));
      sgd.zero_grad();
      torch::nn::functional::cross_entropy(network.forward(batch.images), batch.labels).backward();
      sgd.step();
    }
  }
}

TEST(Training, With2NormIsSgdOverTheShuffledImagesUnderACosineBitForBit) {
  const auto images = test::made_images(19);
  const StartingPoint start(test::made_model());
  auto options = test::made_training(0.05, 3);
  options.seed = 7;
  const auto ours = start.make(7, torch::kCPU);
  const auto plain = start.make(7, torch::kCPU);
  Recorder recorder;
  Training(*ours, images, options).run(recorder);
  train_by_sgd(*plain, images, options);
  EXPECT_TRUE(test::same_bits(*ours, *plain));
}

TEST(Training, KeepsTheLastPartialBatchAndTellsEachStepAndEpoch) {
  const auto images = test::made_images(19);
  const auto network = StartingPoint(test::made_model()).make(0, torch::kCPU);
  Recorder recorder;
  const auto result = Training(*network, images, test::made_training(0.05, 2)).run(recorder);
  EXPECT_EQ(result.steps, 6);
  ASSERT_EQ(recorder.steps.size(), 6U);
  EXPECT_EQ(recorder.steps[2].images_done, 19);
  EXPECT_EQ(recorder.steps[5].images_done, 38);
  EXPECT_EQ(recorder.steps[5].images_total, 38);
  ASSERT_EQ(recorder.epochs.size(), 2U);
  EXPECT_EQ(recorder.epochs[0].epoch, 1);
  EXPECT_DOUBLE_EQ(recorder.epochs[0].lr, 0.05);
  EXPECT_DOUBLE_EQ(recorder.epochs[1].lr, 0.025);
}

TEST(Training, EpochLossesAreTheMeanOverImagesAndTheSumOverBatches) {
  const auto images = test::made_images(12);
  const auto network = StartingPoint(test::made_model()).make(0, torch::kCPU);
  auto options = test::made_training(/*lr=*/0, /*epochs=*/1);
  options.train.batch_size = 5;
  Recorder recorder;
  const auto result = Training(*network, images, options).run(recorder);

  // At rate 0 the batches can be repeated: in train mode their losses do not depend on the running
  // statistics.
  const auto order = Stream(0, "shuffle", 0).permutation(12);
  double sum = 0;
  double mean = 0;
  for (std::size_t first = 0; first < 12; first += 5) {
    const auto batch = images.batch(std::span(order).subspan(first, std::min<std::size_t>(5, 12 - first)));
    const auto loss =
        torch::nn::functional::cross_entropy(network->forward(batch.images), batch.labels).item<double>();
    sum += loss;
    mean += loss * static_cast<double>(batch.labels.size(0)) / 12;
  }
  EXPECT_NEAR(result.final_loss(), sum, 1e-5);
  EXPECT_NEAR(recorder.epochs[0].train_loss, mean, 1e-5);
}

TEST(Training, TheLogitPenaltyIsPartOfTheLossAndOfTheStep) {
  const auto images = test::made_images(8);
  const StartingPoint start(test::made_model());
  auto options = test::made_training(0.05, 1);
  const auto without = start.make(0, torch::kCPU);
  const auto with = start.make(0, torch::kCPU);
  Recorder recorder;
  Training(*without, images, options).run(recorder);
  options.train.logit_l2 = 100;
  Training(*with, images, options).run(recorder);
  EXPECT_FALSE(test::same_bits(*with, *without));
  std::vector<std::int64_t> all = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto logits = start.make(0, torch::kCPU)->forward(images.batch(all).images);
  EXPECT_NEAR(recorder.epochs[1].train_loss - recorder.epochs[0].train_loss,
              100 * logits.square().mean().item<double>(), 1e-3 * recorder.epochs[1].train_loss);
}

TEST(Training, DivergenceEndsItAtTheEpochsEndAndIsAnOutcome) {
  const auto images = test::made_images(16);
  const auto network = StartingPoint(test::made_model()).make(0, torch::kCPU);
  Recorder recorder;
  int calls = 0;
  const auto result =
      Training(*network, images, test::made_training(1e30, 5)).run(recorder, [&](int) { ++calls; });
  EXPECT_TRUE(result.diverged);
  EXPECT_FALSE(std::isfinite(result.final_loss()));
  EXPECT_LT(result.epochs.size(), 5U);
  EXPECT_EQ(calls, static_cast<int>(result.epochs.size()) - 1);
}

TEST(Training, TheSameSeedGivesTheSameBitsAndAnotherSeedAnotherOrder) {
  const auto images = test::made_images(16);
  const StartingPoint start(test::made_model());
  const auto trained = [&](std::uint64_t seed) {
    auto options = test::made_training();
    options.seed = seed;
    options.augment = Augment::crop_flip;
    auto network = start.make(0, torch::kCPU);
    Recorder recorder;
    Training(*network, images, options).run(recorder);
    return network;
  };
  EXPECT_TRUE(test::same_bits(*trained(1), *trained(1)));
  EXPECT_FALSE(test::same_bits(*trained(1), *trained(2)));
}

TEST(Training, EveryStepDropsByItsOwnDraws) {
  const auto images = test::made_images(16);
  auto model = test::made_model();
  model.name = "efficientnet_lite0";
  const auto network = StartingPoint(model).make(0, torch::kCPU);
  auto options = test::made_training(0.001, 2);
  options.seed = 9;
  struct Keys : Recorder {
    explicit Keys(const Network& observed) : network(observed) {}
    void on_step(const StepProgress&) override { keys.push_back(network.drop_key()->value()); }
    const Network& network;
    std::vector<DropKey> keys;
  } keys(*network);
  Training(*network, images, options).run(keys);
  ASSERT_EQ(keys.keys.size(), 4U);
  for (std::size_t step = 0; step < keys.keys.size(); ++step) {
    EXPECT_EQ(keys.keys[step].seed, 9U);
    EXPECT_EQ(keys.keys[step].step, step);
  }
}

TEST(Training, GoesOnFromACheckpointOfAnotherProcessWithTheSameBitsAndHistory) {
  const test::TemporaryFolder folder;
  const auto images = test::made_images(16);
  struct Case {
    const char* network;  // the second has layers that drop
    const char* potential;
  };
  for (const auto& [network, potential] :
       {Case{"shufflenet_v2_x0_5", "negative_entropy"}, Case{"efficientnet_lite0", "3-norm"}}) {
    auto model = test::made_model();
    model.name = network;
    const StartingPoint start(model);
    auto options = test::made_training(0.001, 4);
    options.potential = potential;
    options.augment = Augment::crop_flip;
    Recorder recorder;
    const auto whole = start.make(0, torch::kCPU);
    Training training(*whole, images, options);
    CheckpointFolder checkpoints({.folder = folder / network, .every_epochs = 2});
    const auto expected = training.run(recorder, [&](int epoch) {
      if (epoch == 2) checkpoints.keep(training.checkpoint());
    });
    ASSERT_FALSE(expected.diverged) << potential;
    const auto checkpoint = checkpoints.newest(recorder);
    ASSERT_TRUE(checkpoint);
    const auto resumed = start.make(0, torch::kCPU);
    Training rest(*resumed, images, options);
    rest.go_on_from(*checkpoint);
    const auto result = rest.run(recorder);
    EXPECT_TRUE(test::same_bits(*resumed, *whole)) << potential;
    EXPECT_EQ(result.steps, expected.steps);
    EXPECT_EQ(result.counts.sign_flips, expected.counts.sign_flips);
    ASSERT_EQ(result.epochs.size(), 4U);
    EXPECT_EQ(result.epochs[0].loss_sum, expected.epochs[0].loss_sum);
    EXPECT_EQ(result.final_loss(), expected.final_loss());
  }
}

/// Ends a training after a step, as a stop does.
struct Interrupt : TrainingObserver {
  explicit Interrupt(std::int64_t images_done) : images_done_(images_done) {}
  void on_step(const StepProgress& step) override {
    if (step.images_done == images_done_) throw std::runtime_error("interrupted");
  }

 private:
  std::int64_t images_done_;
};

TEST(Training, GoesOnAfterAnyStepWithTheSameBitsAndHistory) {
  constexpr std::int64_t kImages = 22;  // three steps an epoch, the last of six images
  const auto images = test::made_images(kImages);
  const StartingPoint start(test::made_model());
  auto options = test::made_training(0.001, 2);
  options.potential = "negative_entropy";
  options.augment = Augment::crop_flip;
  TrainingObserver silent;
  const auto whole = start.make(0, torch::kCPU);
  const auto expected = Training(*whole, images, options).run(silent);
  ASSERT_FALSE(expected.diverged);
  for (const std::int64_t images_done : {8, 16, 22, 30, 38, 44}) {
    const test::TemporaryFolder folder;
    CheckpointFolder checkpoints({.folder = folder.path(), .every_epochs = 1});
    const auto first = start.make(0, torch::kCPU);
    Training interrupted(*first, images, options);
    Interrupt interrupt(images_done);
    EXPECT_THROW(interrupted.run(interrupt), std::runtime_error);
    checkpoints.keep(interrupted.checkpoint());

    const auto resumed = start.make(0, torch::kCPU);
    Training rest(*resumed, images, options);
    rest.go_on_from(*checkpoints.newest(silent));
    const auto result = rest.run(silent);
    EXPECT_TRUE(test::same_bits(*resumed, *whole)) << images_done;
    EXPECT_EQ(result.steps, expected.steps);
    EXPECT_EQ(result.counts, expected.counts) << images_done;
    ASSERT_EQ(result.epochs.size(), expected.epochs.size());
    for (std::size_t e = 0; e < result.epochs.size(); ++e) {
      EXPECT_EQ(result.epochs[e].loss_sum, expected.epochs[e].loss_sum) << images_done;
      EXPECT_EQ(result.epochs[e].train_loss, expected.epochs[e].train_loss) << images_done;
      EXPECT_EQ(result.epochs[e].train_accuracy, expected.epochs[e].train_accuracy) << images_done;
    }
  }
}

TEST(Training, AugmentationChangesWhatIsLearned) {
  const auto images = test::made_images(8);
  const StartingPoint start(test::made_model());
  auto options = test::made_training();
  const auto plain = start.make(0, torch::kCPU);
  const auto augmented = start.make(0, torch::kCPU);
  Recorder recorder;
  Training(*plain, images, options).run(recorder);
  options.augment = Augment::crop_flip;
  Training(*augmented, images, options).run(recorder);
  EXPECT_FALSE(test::same_bits(*plain, *augmented));
}

TEST(Device, IsCpuOrWhatIsThereOrAnError) {
  EXPECT_EQ(to_text(choose_device("cpu")), "cpu");
  EXPECT_THROW(choose_device("gpu"), ConfigError);
  EXPECT_THROW(choose_device("cuda:x"), ConfigError);
  EXPECT_THROW(choose_device("cuda:-1"), ConfigError);
  if (torch::cuda::is_available()) {
    EXPECT_EQ(to_text(choose_device("auto")), "cuda:0");
    EXPECT_THROW(choose_device("cuda:99"), DeviceError);
  } else {
    EXPECT_EQ(to_text(choose_device("auto")), "cpu");
    EXPECT_THROW(choose_device("cuda"), DeviceError);
    EXPECT_THROW(choose_device("cuda:0"), DeviceError);
  }
}

/// The sum of the changes of one parameter in a training with these groups.
double total_change(const std::vector<ParameterGroupOptions>& groups, const std::string& parameter) {
  const auto images = test::made_images(19);
  const StartingPoint start(test::made_model());
  auto options = test::made_training(0.05, 1);
  options.potential = "negative_entropy";
  options.optimizer.groups = groups;
  const auto trained = start.make(7, torch::kCPU), kept = start.make(7, torch::kCPU);
  Recorder recorder;
  Training(*trained, images, options).run(recorder);
  const auto after = trained->named_parameters()[parameter].detach();
  const auto before = kept->named_parameters()[parameter].detach();
  return (after - before).abs().sum().item<double>();
}

TEST(TrainingGroups, GiveParametersAPotentialByNameOrKindOfLayer) {
  const StartingPoint start(test::made_model());
  const auto network = start.make(7, torch::kCPU);
  // A shift of batch-norm starts at 0, which negative entropy never moves and the 2-norm does.
  std::string shift;
  for (const auto& entry : network->named_parameters()) {
    if (shift.empty() && entry.key().ends_with(".bias") && entry.value().detach().eq(0).all().item<bool>()) {
      shift = entry.key();
    }
  }
  ASSERT_FALSE(shift.empty());
  EXPECT_EQ(total_change({}, shift), 0.0);
  EXPECT_GT(total_change({{"BatchNorm2d", "2-norm"}}, shift), 0.0);
  EXPECT_GT(total_change({{"*.bias", "2-norm"}}, shift), 0.0);
  EXPECT_EQ(total_change({{"BatchNorm2d", "negative_entropy"}, {"*.bias", "2-norm"}}, shift), 0.0);
  EXPECT_EQ(total_change({{"Linear", "2-norm"}}, shift), 0.0);
}

TEST(TrainingGroups, GoOnFromACheckpointBitForBit) {
  const auto images = test::made_images(19);
  const StartingPoint start(test::made_model());
  auto options = test::made_training(0.001, 4);
  options.potential = "negative_entropy";
  options.optimizer.groups = {{"BatchNorm2d", "2-norm"}, {"conv1.*", "hypentropy(beta=0.1)"}};
  const auto straight = start.make(7, torch::kCPU), resumed = start.make(7, torch::kCPU);
  Recorder recorder;
  std::optional<Checkpoint> middle;
  Training training(*straight, images, options);
  training.run(recorder, [&](int epochs) {
    if (epochs != 2) return;
    middle = training.checkpoint();
    for (auto* tensors : {&middle->network, &middle->optimizer}) {
      for (auto& [name, tensor] : *tensors) tensor = tensor.clone();
    }
  });
  ASSERT_TRUE(middle);
  Training rest(*resumed, images, options);
  rest.go_on_from(*middle);
  rest.run(recorder);
  EXPECT_TRUE(test::same_bits(*straight, *resumed));
}

TEST(TrainingGroups, APatternThatFitsNothingIsRefused) {
  const auto images = test::made_images(3);
  const auto network = StartingPoint(test::made_model()).make(7, torch::kCPU);
  auto options = test::made_training(0.05, 1);
  options.optimizer.groups = {{"*", "2-norm"}, {"fc.*", "3-norm"}};
  EXPECT_THAT(
      [&] { Training(*network, images, options); },
      testing::ThrowsMessage<ConfigError>(testing::HasSubstr("the pattern 'fc.*' fits no parameter")));
}

}  // namespace
}  // namespace mirrortune
