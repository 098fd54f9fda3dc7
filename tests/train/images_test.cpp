#include "train/images.h"

#include <vector>

#include <gtest/gtest.h>

#include "train/made_problem.h"

namespace mirrortune {
namespace {

using test::kSide;

TEST(DeviceImages, ABatchHoldsTheNormalisedPixelsOfItsPositionsInTheirOrder) {
  const auto pixels = test::made_pixels(7);
  const auto& info = network_info("shufflenet_v2_x0_5");
  const DeviceImages images(pixels, info, torch::kCPU);
  const std::vector<std::int64_t> positions = {6, 0, 3, 3};
  const auto batch = images.batch(positions);
  ASSERT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{4, 3, kSide, kSide}));
  EXPECT_TRUE(batch.images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  const auto values = batch.images.contiguous();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    EXPECT_EQ(batch.labels[static_cast<std::int64_t>(i)].item<std::int64_t>(),
              pixels->labels[static_cast<std::size_t>(positions[i])]);
    for (std::int64_t k : {0, kSide * kSide + 5, 3 * kSide * kSide - 1}) {
      const auto channel = static_cast<std::size_t>(k / (kSide * kSide));
      const auto byte = pixels->values[static_cast<std::size_t>(positions[i] * 3 * kSide * kSide + k)];
      const double expected = (byte / 255.0 - info.mean[channel]) / info.sd[channel];
      EXPECT_NEAR(values.flatten(1)[static_cast<std::int64_t>(i)][k].item<double>(), expected, 1e-6);
    }
  }
}

TEST(DeviceImages, AugmentedImagesDependOnSeedAndEpochAndNotOnTheBatchTheyLieIn) {
  const auto images = test::made_images(9);
  const std::vector<std::int64_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::int64_t> some = {8, 2};
  const auto whole = images.augmented_batch(all, {.seed = 3, .epoch = 1}).images;
  const auto part = images.augmented_batch(some, {.seed = 3, .epoch = 1}).images;
  EXPECT_TRUE(torch::equal(part[0], whole[8]));
  EXPECT_TRUE(torch::equal(part[1], whole[2]));
  EXPECT_FALSE(torch::equal(images.augmented_batch(all, {.seed = 3, .epoch = 2}).images, whole));
  EXPECT_FALSE(torch::equal(images.augmented_batch(all, {.seed = 4, .epoch = 1}).images, whole));
}

}  // namespace
}  // namespace mirrortune
