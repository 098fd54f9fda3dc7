#include "train/compute.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/paths.h"
#include "train/checkpoint.h"
#include "train/detail/autocast.h"
#include "train/evaluate.h"
#include "train/made_problem.h"
#include "train/probe.h"

namespace mirrortune {
namespace {

TrainingObserver silent;

TEST(Precision, AutoIsFp32OnTheCpuAndFp16OnCuda) {
  EXPECT_EQ(resolved(Precision::automatic, torch::kCPU), Precision::fp32);
  EXPECT_EQ(resolved(Precision::automatic, torch::Device(torch::kCUDA, 0)), Precision::fp16);
  EXPECT_EQ(resolved(Precision::bf16, torch::kCPU), Precision::bf16);
}

TEST(Precision, WhatTheProcessorCannotComputeIsRefusedInOneSentence) {
  EXPECT_NO_THROW(require_precision(Precision::automatic, torch::kCPU));
  EXPECT_NO_THROW(require_precision(Precision::bf16, torch::kCPU));
  try {
    require_precision(Precision::fp16, torch::kCPU);  // depends on the processor
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("cannot train in fp16 train.precision: LibTorch cannot"));
  }
}

TEST(Autocast, HoldsForItsScopeAndLeavesWhatWasBefore) {
  const auto image = torch::ones({1, 3, 8, 8}), kernel = torch::ones({4, 3, 3, 3});
  {
    const Autocast outer(torch::kCPU, Precision::bf16);
    EXPECT_EQ(torch::conv2d(image, kernel).scalar_type(), torch::kBFloat16);
    {
      const Autocast inner(torch::kCPU, Precision::fp32);
      EXPECT_EQ(torch::conv2d(image, kernel).scalar_type(), torch::kFloat32);
    }
    EXPECT_EQ(torch::conv2d(image, kernel).scalar_type(), torch::kBFloat16);
  }
  EXPECT_EQ(torch::conv2d(image, kernel).scalar_type(), torch::kFloat32);
}

TEST(ComputePlan, IsReadBackFromItsText) {
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::fp16}) {
    for (const MemoryLayout layout : {MemoryLayout::channels_last, MemoryLayout::contiguous}) {
      const ComputePlan plan{.precision = precision, .layout = layout};
      EXPECT_EQ(parse_compute_plan(to_text(plan)), plan);
    }
  }
  EXPECT_THROW(parse_compute_plan("fp64 contiguous"), DataError);
  EXPECT_THROW(parse_compute_plan("auto contiguous"), DataError);
}

/// ResNet-18, which magnifies rounding less than deeper networks do on so few images.
StartingPoint resnet() {
  auto model = test::made_model();
  model.name = "resnet18";
  return StartingPoint(model);
}

/// It after two small steps as the plan says.
std::shared_ptr<Network> trained(const ComputePlan& plan) {
  const DeviceImages images = test::made_images(16).in_layout(plan.layout);
  auto options = test::made_training(1e-5, 1);
  options.train.precision = plan.precision;
  auto network = resnet().make(0, torch::kCPU, plan.layout);
  Training(*network, images, options).run(silent);
  return network;
}

double distance(const Network& a, const Network& b) {
  double sum = 0;
  const auto left = a.parameters(), right = b.parameters();
  for (std::size_t i = 0; i < left.size(); ++i) sum += (left[i] - right[i]).square().sum().item<double>();
  return std::sqrt(sum);
}

TEST(Training, InBf16FollowsTheOneInFp32WithFloat32Weights) {
  const auto start = resnet().make(0, torch::kCPU);
  const auto single = trained({.precision = Precision::fp32}), half = trained({.precision = Precision::bf16});
  EXPECT_FALSE(test::same_bits(*single, *half));
  EXPECT_LT(distance(*single, *half), 0.5 * distance(*single, *start));
  for (const auto& parameter : half->parameters()) EXPECT_EQ(parameter.scalar_type(), torch::kFloat32);
}

TEST(Training, InEitherLayoutIsTheSameButForRounding) {
  const auto start = resnet().make(0, torch::kCPU);
  const auto last = trained({.layout = MemoryLayout::channels_last});
  const auto contiguous = trained({.layout = MemoryLayout::contiguous});
  EXPECT_TRUE(last->parameters()[0].is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(contiguous->parameters()[0].is_contiguous());
  EXPECT_LT(distance(*last, *contiguous), 0.05 * distance(*last, *start));
}

TEST(Training, InFp16KeepsItsLossScaleInTheCheckpoint) {
  try {
    require_precision(Precision::fp16, torch::kCPU);
  } catch (const DeviceError& error) {
    GTEST_SKIP() << error.what();
  }
  const test::TemporaryFolder folder;
  CheckpointFolder checkpoints({.folder = folder.path(), .every_epochs = 2});
  const StartingPoint start(test::made_model());
  const auto images = test::made_images(16);
  auto options = test::made_training(0.001, 4);
  options.train.precision = Precision::fp16;
  const auto whole = start.make(0, torch::kCPU), resumed = start.make(0, torch::kCPU);
  Training training(*whole, images, options);
  training.run(silent, [&](int epoch) {
    if (epoch == 2) checkpoints.keep(training.checkpoint());
  });
  const auto checkpoint = checkpoints.newest(silent);
  ASSERT_TRUE(checkpoint);
  const auto skipped = static_cast<double>(checkpoint->counts.skipped);
  EXPECT_EQ(checkpoint->scaler.at("scale").item<double>(), 65536.0 * std::exp2(-skipped));
  Training rest(*resumed, images, options);
  rest.go_on_from(*checkpoint);
  rest.run(silent);
  EXPECT_TRUE(test::same_bits(*resumed, *whole));
}

TEST(Probe, TriesEveryPlanThatIsOpenAndPutsTheFastestFirst) {
  const StartingPoint start(test::made_model());
  const auto images = test::made_images(16);
  auto options = test::made_training();
  options.train.precision = Precision::fp32;
  EXPECT_EQ(probe_compute(start, images, options).size(), 2U);
  options.train.precision = Precision::automatic;
  const auto probed = probe_compute(start, images, options);
  ASSERT_EQ(probed.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_GT(probed[i].images_per_second, 0);
    EXPECT_LE(probed[i].images_per_second, probed[0].images_per_second);
  }
}

}  // namespace
}  // namespace mirrortune
