#include <gtest/gtest.h>

#include "support/gpu.h"
#include "support/paths.h"
#include "train/checkpoint.h"
#include "train/device.h"
#include "train/made_problem.h"

namespace mirrortune {
namespace {

using CudaTraining = test::OnGpu;

const torch::Device kGpu(torch::kCUDA, 0);
TrainingObserver silent;

DeviceImages images_on_gpu(std::int64_t count) {
  return {test::made_pixels(count), network_info("shufflenet_v2_x0_5"), kGpu};
}

/// Fifty steps and, at the end of each of ten epochs, one over a partial batch.
TrainingOptions fifty_steps() {
  auto options = test::made_training(0.01, 10);
  options.potential = "3-norm";
  return options;
}
constexpr std::int64_t kImages = 5 * 8 + 3;

TEST_F(CudaTraining, RecordedStepsGiveTheWeightsOfEagerOnes) {
  prepare_compute({.deterministic = true});
  const StartingPoint start(test::made_model());
  const auto images = images_on_gpu(kImages);
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::fp16}) {
    auto options = fifty_steps();
    options.train.precision = precision;
    const auto recorded = start.make(0, kGpu), eager = start.make(0, kGpu);
    const auto result = Training(*recorded, images, options).run(silent);
    EXPECT_EQ(result.step_mode, "CUDA graph");
    options.record_steps = false;
    const auto expected = Training(*eager, images, options).run(silent);
    EXPECT_EQ(expected.step_mode, "eager");
    EXPECT_TRUE(test::same_bits(*recorded, *eager)) << to_text(precision);
    EXPECT_EQ(result.final_loss(), expected.final_loss()) << to_text(precision);
    EXPECT_EQ(result.counts.sign_flips, expected.counts.sign_flips) << to_text(precision);
    EXPECT_EQ(result.counts.skipped, expected.counts.skipped) << to_text(precision);
  }
}

TEST_F(CudaTraining, IsInFp16UnlessToldOtherwiseAndGoesOnFromACheckpointWithTheSameBits) {
  prepare_compute({.deterministic = true});
  const test::TemporaryFolder folder;
  CheckpointFolder checkpoints({.folder = folder.path(), .every_epochs = 4});
  const StartingPoint start(test::made_model());
  const auto images = images_on_gpu(kImages);
  const auto options = fifty_steps();
  const auto whole = start.make(0, kGpu), resumed = start.make(0, kGpu);
  Training training(*whole, images, options);
  training.run(silent, [&](int epoch) {
    if (epoch == 4) checkpoints.keep(training.checkpoint());
  });
  const auto checkpoint = checkpoints.newest(silent);
  ASSERT_TRUE(checkpoint);
  EXPECT_TRUE(checkpoint->scaler.contains("scale"));
  Training rest(*resumed, images, options);
  rest.go_on_from(*checkpoint);
  rest.run(silent);
  EXPECT_TRUE(test::same_bits(*resumed, *whole));
}

TEST_F(CudaTraining, NetworksThatDropAreSteppedEagerly) {
  auto model = test::made_model();
  model.name = "efficientnet_lite0";
  const auto network = StartingPoint(model).make(0, kGpu);
  const auto result = Training(*network, images_on_gpu(kImages), test::made_training(0.001, 2)).run(silent);
  EXPECT_EQ(result.step_mode, "eager");
}

TEST_F(CudaTraining, ViewsOfAnEncoderAreThoseOfTheCpu) {
  const auto pixels = test::made_pixels(6);
  const std::vector<std::int64_t> all = {0, 1, 2, 3, 4, 5};
  for (const auto crop : {ViewCrop::center, ViewCrop::random_resized}) {
    const auto views = [&](torch::Device device) {
      const DeviceImages images(pixels, network_info("simsiam_resnet18"), device, MemoryLayout::channels_last,
                                {.crop = crop, .jitter = ColorJitter::standard});
      return images.views_batch(all, {.seed = 1}).images.cpu();
    };
    EXPECT_TRUE(torch::allclose(views(kGpu), views(torch::kCPU), 0, 5e-3));
  }
}

TEST_F(CudaTraining, AnEncoderIsTrainedByRecordedSteps) {
  prepare_compute({.deterministic = true});
  const StartingPoint start({.name = "simsiam_resnet18", .weights = "none"});
  const DeviceImages images(test::made_pixels(kImages), start.info(), kGpu);
  const auto recorded = start.make(0, kGpu), eager = start.make(0, kGpu);
  auto options = fifty_steps();
  const auto result = Training(*recorded, images, options).run(silent);
  EXPECT_EQ(result.step_mode, "CUDA graph");
  options.record_steps = false;
  Training(*eager, images, options).run(silent);
  EXPECT_TRUE(test::same_bits(*recorded, *eager));
}

}  // namespace
}  // namespace mirrortune
