#include "train/detail/objective.h"

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/simsiam.h"
#include "support/paths.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/made_problem.h"

namespace mirrortune::test {
namespace {

constexpr const char* kEncoder = "simsiam_resnet18";

DeviceImages images_of(const char* network, std::int64_t count, const ViewOptions& views = {}) {
  return {made_pixels(count), network_info(network), torch::kCPU, MemoryLayout::channels_last, views};
}

StartingPoint encoder() { return StartingPoint({.name = kEncoder, .weights = "none"}); }

TEST(SimsiamLoss, IsZeroForEqualDirectionsAndFourForOppositeOnes) {
  const auto z = torch::randn({5, 7}, torch::kFloat64);
  EXPECT_NEAR(simsiam_loss(2 * z, z, 3 * z, z).item<double>(), 0, 1e-12);
  EXPECT_NEAR(simsiam_loss(-z, z, -z, z).item<double>(), 4, 1e-12);
}

TEST(SimsiamLoss, PullsThePredictionsTowardsTheOtherViewAndNothingThroughZ) {
  const auto tensor = [] {
    return torch::randn({4, 6}, torch::TensorOptions(torch::kFloat64).requires_grad(true));
  };
  const auto p1 = tensor();
  const auto z1 = tensor();
  const auto p2 = tensor();
  const auto z2 = tensor();
  const auto loss = simsiam_loss(p1, z1, p2, z2);
  double expected = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto half = [&](const torch::Tensor& p, const torch::Tensor& z) {
      return (2 - 2 * p[i].dot(z[i]).item<double>() / (p[i].norm() * z[i].norm()).item<double>()) / 2;
    };
    expected += (half(p1, z2) + half(p2, z1)) / 4;
  }
  EXPECT_NEAR(loss.item<double>(), expected, 1e-12);
  loss.backward();
  EXPECT_FALSE(z1.grad().defined());
  EXPECT_FALSE(z2.grad().defined());
  // ∂/∂p of −cos(p, z)/4 for each image: −(z/|z| − cos·p/|p|) / (4 |p|).
  const auto unit_p = p1 / p1.norm(2, 1, true);
  const auto unit_z = z2 / z2.norm(2, 1, true);
  const auto cosine = (unit_p * unit_z).sum(1, true);
  EXPECT_TRUE(torch::allclose(p1.grad(), -(unit_z - cosine * unit_p) / (4 * p1.norm(2, 1, true))));
}

TEST(Objective, OfAnEncoderPassesTheViewsOneAfterTheOther) {
  const auto network = encoder().make(1, torch::kCPU);
  const auto images = images_of(kEncoder, 6);
  const std::vector<std::int64_t> all = {0, 1, 2, 3, 4, 5};
  const auto batch = images.views_batch(all, {.seed = 3});
  ASSERT_EQ(batch.images.size(0), 12);
  EXPECT_TRUE(batch.images.narrow(0, 6, 6).is_contiguous(torch::MemoryFormat::ChannelsLast));
  const auto twin = encoder().make(1, torch::kCPU);
  auto& simsiam = dynamic_cast<SimSiam&>(*twin);
  const auto z1 = simsiam.encode(batch.images.narrow(0, 0, 6));
  const auto p1 = simsiam.predict(z1);
  const auto z2 = simsiam.encode(batch.images.narrow(0, 6, 6));
  const auto p2 = simsiam.predict(z2);
  const auto objective = objective_of(*network, batch, {.precision = Precision::fp32});
  EXPECT_FALSE(objective.right.defined());
  EXPECT_EQ(objective.loss.item<float>(), simsiam_loss(p1, z1, p2, z2).item<float>());
  EXPECT_TRUE(same_bits(*network, *twin));  // the running statistics too
}

TEST(Training, AnEncoderLearnsToAgreeAndHasNoAccuracy) {
  const auto network = encoder().make(0, torch::kCPU);
  TrainingObserver observer;
  const auto result =
      Training(*network, images_of(kEncoder, 24), made_training(/*lr=*/0.2, /*epochs=*/5)).run(observer);
  EXPECT_TRUE(std::isnan(result.epochs[0].train_accuracy));
  EXPECT_LT(result.epochs.back().train_loss, 0.9 * result.epochs.front().train_loss);
}

TEST(Training, TheViewsOfAnEncoderAreThoseOfTheSeed) {
  const auto start = encoder();
  const auto images = images_of(kEncoder, 8);
  TrainingObserver observer;
  const auto trained = [&](std::uint64_t seed) {
    auto options = made_training(0.02, 1);
    options.seed = seed;
    const auto network = start.make(0, torch::kCPU);
    Training(*network, images, options).run(observer);
    return network;
  };
  EXPECT_TRUE(same_bits(*trained(0), *trained(0)));
  EXPECT_FALSE(same_bits(*trained(0), *trained(1)));
}

TEST(Evaluate, AnEncoderSeesTheSameViewsEachTimeInBatchesOfAnySize) {
  const auto network = encoder().make(0, torch::kCPU);
  const auto images = images_of(kEncoder, 10);
  const auto first = evaluate(*network, images, 10);
  EXPECT_TRUE(std::isnan(first.accuracy));
  EXPECT_EQ(evaluate(*network, images, 10).loss, first.loss);
  EXPECT_NEAR(evaluate(*network, images, 4).loss, first.loss, 1e-5);
  EXPECT_TRUE(network->is_training());
}

TEST(Training, ACheckpointOfAnEncoderKeepsThatItHasNoAccuracy) {
  const TemporaryFolder folder;
  const auto network = encoder().make(0, torch::kCPU);
  const auto images = images_of(kEncoder, 8);
  TrainingObserver observer;
  Training training(*network, images, made_training(0.01, 1));
  training.run(observer);
  CheckpointFolder checkpoints({.folder = folder.path() / "checkpoint", .every_epochs = 1});
  checkpoints.keep(training.checkpoint());
  const auto kept = checkpoints.newest(observer);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(std::isnan(kept->epochs.at(0).train_accuracy));
}

TEST(DeviceImages, OfANetworkThatReadsRowsAreGreyAsPilMakesThem) {
  const auto pixels = made_pixels(3);
  const auto images = images_of("elman_rnn_h100", 3);
  const std::vector<std::int64_t> last = {2};
  const auto batch = images.batch(last);
  ASSERT_EQ(batch.images.sizes().vec(), (std::vector<std::int64_t>{1, kSide, kSide}));
  const auto& info = network_info("elman_rnn_h100");
  for (const std::int64_t k : {0, 37, kSide * kSide - 1}) {
    const auto byte = [&](std::int64_t channel) {
      return static_cast<int>(
          pixels->values[static_cast<std::size_t>((2 * 3 + channel) * kSide * kSide + k)]);
    };
    const int grey = (19595 * byte(0) + 38470 * byte(1) + 7471 * byte(2) + 32768) / 65536;
    EXPECT_NEAR(batch.images[0].flatten()[k].item<double>(), (grey / 255.0 - info.mean[0]) / info.sd[0],
                1e-5);
  }
}

TEST(Training, ANetworkThatReadsRowsLearnsThem) {
  const StartingPoint start({.name = "elman_rnn_h100", .weights = "none", .classes = kClasses});
  const auto network = start.make(0, torch::kCPU);
  auto pixels = std::make_shared<Pixels>(*made_pixels(40));
  pixels->resolution = 28;
  std::vector<std::uint8_t> values;
  for (std::size_t i = 0; i < 40; ++i) {  // the beginning of each image: noise of its class' brightness
    const auto image = pixels->values.begin() + static_cast<std::ptrdiff_t>(i) * 3 * kSide * kSide;
    values.insert(values.end(), image, image + 3 * 28 * 28);
  }
  pixels->values = std::move(values);
  const DeviceImages images(pixels, network_info("elman_rnn_h100"), torch::kCPU);
  TrainingObserver observer;
  Training(*network, images, made_training(0.05, 30)).run(observer);
  EXPECT_EQ(evaluate(*network, images, 16).accuracy, 1.0);
}

}  // namespace
}  // namespace mirrortune::test
