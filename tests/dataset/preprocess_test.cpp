#include "dataset/preprocess.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "dataset/dataset_support.h"

namespace mirrortune {
namespace {

using test::error_of;
using test::fixture;
using testing::HasSubstr;

std::vector<std::uint8_t> run(const RgbImage& image, const DataOptions& data) {
  const auto side = static_cast<std::size_t>(data.resolution);
  std::vector<std::uint8_t> out(3 * side * side);
  preprocess(image, data, "picture", out);
  return out;
}

struct Case {
  const char* stem;
  int resolution;
};

class AsTorchvision : public testing::TestWithParam<Case> {};

TEST_P(AsTorchvision, ToTheBit) {
  const auto [stem, resolution] = GetParam();
  const RgbImage image = decode_image_file(fixture(std::string("dataset/") + stem + ".png"));
  const DataOptions data{
      .resolution = resolution, .preprocessing = Preprocessing::torchvision, .crop_ratio = 0.875};
  const auto expected = test::read_bytes_npy(
      fixture(std::string("dataset/") + stem + ".torchvision_" + std::to_string(resolution) + ".npy"));
  EXPECT_EQ(run(image, data), expected);
}

INSTANTIATE_TEST_SUITE_P(Shapes, AsTorchvision,
                         testing::Values(Case{"wide", 24}, Case{"wide", 31}, Case{"wide", 56},
                                         Case{"wide", 70}, Case{"tall", 24}, Case{"tall", 31},
                                         Case{"tall", 56}, Case{"tall", 70}),
                         [](const auto& test_case) {
                           return std::string(test_case.param.stem) + "_" +
                                  std::to_string(test_case.param.resolution);
                         });

/// The mean of the image over a rectangle with fractional edges: what area interpolation is when it shrinks.
double area_mean(const RgbImage& image, int channel, double left, double top, double side) {
  double sum = 0;
  for (int y = static_cast<int>(top); y < std::ceil(top + side); ++y) {
    for (int x = static_cast<int>(left); x < std::ceil(left + side); ++x) {
      const double width = std::min<double>(x + 1, left + side) - std::max<double>(x, left);
      const double height = std::min<double>(y + 1, top + side) - std::max<double>(y, top);
      if (width <= 0 || height <= 0) continue;
      const auto at = static_cast<std::size_t>((y * image.width + x) * 3 + channel);
      sum += width * height * image.values[at];
    }
  }
  return sum / (side * side);
}

TEST(Ffcv, IsTheAreaMeanOfTheCentreCrop) {
  for (const char* stem : {"wide", "tall"}) {
    const RgbImage image = decode_image_file(fixture(std::string("dataset/") + stem + ".png"));
    for (const int resolution : {1, 7, 16, 25}) {
      const DataOptions data{.resolution = resolution, .crop_ratio = 224.0 / 256};
      const auto out = run(image, data);
      const int side = static_cast<int>(0.875 * std::min(image.width, image.height));
      const int left = (image.width - side) / 2;
      const int top = (image.height - side) / 2;
      const double cell = static_cast<double>(side) / resolution;
      std::size_t i = 0;
      for (int c = 0; c < 3; ++c) {
        for (int y = 0; y < resolution; ++y) {
          for (int x = 0; x < resolution; ++x, ++i) {
            ASSERT_NEAR(out[i], area_mean(image, c, left + x * cell, top + y * cell, cell), 0.51)
                << stem << " " << resolution << " " << c << " " << y << " " << x;
          }
        }
      }
    }
  }
}

TEST(Ffcv, AnImageOfTheRightSizeIsOnlySplitIntoPlanes) {
  RgbImage image{.width = 2, .height = 2, .values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  const DataOptions data{.resolution = 2, .crop_ratio = 1.0};
  EXPECT_THAT(run(image, data), testing::ElementsAre(1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12));
}

TEST(Ffcv, AnImageWithoutACropIsNamed) {
  const RgbImage dot{.width = 1, .height = 5, .values = std::vector<std::uint8_t>(15)};
  EXPECT_THAT(error_of<DataError>([&] { run(dot, {.resolution = 4, .crop_ratio = 0.875}); }),
              HasSubstr("picture"));
}

TEST(Torchvision, AThreadOfAnImageIsRefusedAndNotBlownUp) {
  const RgbImage thread{.width = 1, .height = 50000, .values = std::vector<std::uint8_t>(150000)};
  const DataOptions data{.resolution = 224, .preprocessing = Preprocessing::torchvision};
  EXPECT_THAT(error_of<DataError>([&] { run(thread, data); }), HasSubstr("limit"));
}

}  // namespace
}  // namespace mirrortune
