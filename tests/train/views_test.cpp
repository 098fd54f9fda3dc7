#include "train/views.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/stream.h"

namespace mirrortune::test {
namespace {

using Pixel = std::array<double, 3>;

/// Bytes from a stream, uint8 [count, 3, side, side].
torch::Tensor noise(std::int64_t count, std::int64_t side) {
  const Stream stream(3, "noise");
  auto images = torch::empty({count, 3, side, side}, torch::kUInt8);
  auto* values = images.data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < images.numel(); ++i) {
    // A part of the pixels is grey, black or white, where hue has no meaning.
    const auto draw = stream.below(static_cast<std::uint64_t>(i), 256);
    const std::int64_t place = i % (side * side);
    values[i] = static_cast<std::uint8_t>(place % 7 == 0 ? 40 * (place % 6) : place % 11 == 0 ? 255 : draw);
  }
  return images;
}

ViewDraw whole(std::int64_t side) {
  ViewDraw draw;
  draw.box = {0, 0, static_cast<double>(side), static_cast<double>(side)};
  return draw;
}

Pixel pixel_of(const torch::Tensor& image, std::int64_t y, std::int64_t x) {
  Pixel pixel;
  for (std::int64_t c = 0; c < 3; ++c) {
    pixel[static_cast<std::size_t>(c)] = image[c][y][x].to(torch::kFloat64).item<double>();
  }
  return pixel;
}

double grey(const Pixel& p) { return 0.2989 * p[0] + 0.5870 * p[1] + 0.1140 * p[2]; }

double mean_grey(const torch::Tensor& image) {
  double sum = 0;
  for (std::int64_t y = 0; y < image.size(1); ++y) {
    for (std::int64_t x = 0; x < image.size(2); ++x) sum += grey(pixel_of(image, y, x));
  }
  return sum / static_cast<double>(image.size(1) * image.size(2));
}

/// FFCV-SSL's jitter of one pixel step by step, before it is cut to bytes.
Pixel published(Pixel p, const ViewDraw& draw, double mean) {
  const double old_grey = grey(p);
  for (double& v : p) v *= draw.brightness;
  for (double& v : p) v = draw.contrast * v + (1 - draw.contrast) * mean;
  for (double& v : p) v = draw.saturation * v + (1 - draw.saturation) * old_grey;
  // Rodrigues' rotation about (1, 1, 1)/√3.
  const double angle = 2 * M_PI * draw.hue;
  const double along = (p[0] + p[1] + p[2]) / 3 * (1 - std::cos(angle));
  const auto turned = [&](double v, double next, double one_after) {
    return v * std::cos(angle) + (one_after - next) / std::sqrt(3.0) * std::sin(angle) + along;
  };
  return {turned(p[0], p[1], p[2]), turned(p[1], p[2], p[0]), turned(p[2], p[0], p[1])};
}

Pixel limited(Pixel p) {
  for (double& v : p) v = std::clamp(v, 0.0, 1.0);
  return p;
}

/// torchvision's way from RGB in [0, 1] through HSV and back, with the hue turned.
Pixel with_hue(const Pixel& p, double turn) {
  const double high = std::max({p[0], p[1], p[2]});
  const double low = std::min({p[0], p[1], p[2]});
  const double range = high - low;
  const double saturation = range == 0 ? 0 : range / high;
  const double divisor = range == 0 ? 1 : range;
  const double rc = (high - p[0]) / divisor;
  const double gc = (high - p[1]) / divisor;
  const double bc = (high - p[2]) / divisor;
  double hue = high == p[0] ? bc - gc : high == p[1] ? 2 + rc - bc : 4 + gc - rc;
  hue = std::fmod(hue / 6 + 1, 1.0);
  hue = std::fmod(hue + turn + 1, 1.0);
  const double i = std::floor(hue * 6);
  const double f = hue * 6 - i;
  const double a = high * (1 - saturation);
  const double q = high * (1 - saturation * f);
  const double t = high * (1 - saturation * (1 - f));
  const std::array<Pixel, 6> sectors = {Pixel{high, t, a}, {q, high, a}, {a, high, t},
                                        {a, q, high},      {t, a, high}, {high, a, q}};
  return sectors[static_cast<std::size_t>(i) % 6];
}

/// torchvision's jitter of a whole image in [0, 1], pixels in rows.
std::vector<Pixel> standard(std::vector<Pixel> image, const ViewDraw& draw) {
  for (const int change : draw.order) {
    double mean = 0;
    for (const Pixel& p : image) mean += grey(p) / static_cast<double>(image.size());
    for (Pixel& p : image) {
      const double own = grey(p);
      if (change == 0) {
        for (double& v : p) v *= draw.brightness;
      } else if (change == 1) {
        for (double& v : p) v = draw.contrast * v + (1 - draw.contrast) * mean;
      } else if (change == 2) {
        for (double& v : p) v = draw.saturation * v + (1 - draw.saturation) * own;
      } else {
        p = with_hue(p, draw.hue);
      }
      p = limited(p);
    }
  }
  return image;
}

std::vector<ViewDraw> made_draws(std::int64_t count, std::int64_t side, const ViewOptions& options = {}) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
  std::iota(positions.begin(), positions.end(), 0);
  return draw_views({.seed = 1}, 0, positions, side, options);
}

/// The jitters alone.
std::vector<ViewDraw> jitters(std::int64_t count, std::int64_t side) {
  auto draws = made_draws(count, side);
  for (ViewDraw& draw : draws) {
    draw.flip = draw.grey = false;
    draw.jitter = true;
  }
  return draws;
}

TEST(MakeViews, PublishedJitterIsFfcvSslsInWholeNumbers) {
  constexpr std::int64_t kSide = 13;
  const auto images = noise(6, kSide);
  const auto draws = jitters(6, kSide);
  const auto views = make_views(images, draws, {.jitter = ColorJitter::published});
  EXPECT_TRUE(views.equal(views.floor()));
  for (std::int64_t i = 0; i < 6; ++i) {
    const double mean = mean_grey(images[i]);
    for (std::int64_t y = 0; y < kSide; ++y) {
      for (std::int64_t x = 0; x < kSide; ++x) {
        const Pixel exact = published(pixel_of(images[i], y, x), draws[static_cast<std::size_t>(i)], mean);
        const Pixel actual = pixel_of(views[i], y, x);
        for (std::size_t c = 0; c < 3; ++c) {
          const double value = std::clamp(exact[c], 0.0, 255.0);
          // Within 10⁻³ of 255 the whole number may be the one below or above.
          EXPECT_LE(actual[c], std::floor(value + 1e-3 * 255 / 10)) << i;
          EXPECT_GE(actual[c], std::floor(value - 1e-3 * 255 / 10)) << i;
        }
      }
    }
  }
}

TEST(MakeViews, StandardJitterIsTorchvisionsInItsRandomOrder) {
  constexpr std::int64_t kSide = 9;
  const auto images = noise(8, kSide);
  const auto draws = jitters(8, kSide);
  const auto views = make_views(images, draws, {.jitter = ColorJitter::standard});
  for (std::int64_t i = 0; i < 8; ++i) {
    std::vector<Pixel> image;
    for (std::int64_t k = 0; k < kSide * kSide; ++k) {
      Pixel p = pixel_of(images[i], k / kSide, k % kSide);
      for (double& v : p) v /= 255;
      image.push_back(p);
    }
    const auto expected = standard(image, draws[static_cast<std::size_t>(i)]);
    for (std::int64_t k = 0; k < kSide * kSide; ++k) {
      const Pixel actual = pixel_of(views[i], k / kSide, k % kSide);
      for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(actual[c] / 255, expected[static_cast<std::size_t>(k)][c], 1e-3) << i << " " << k;
      }
    }
  }
}

TEST(MakeViews, FlipsAndGreysAsTheDrawsSayAndLeavesTheRestAlone) {
  const auto images = noise(3, 8);
  std::vector<ViewDraw> draws(3, whole(8));
  draws[1].flip = true;
  draws[2].grey = true;
  for (const auto jitter : {ColorJitter::published, ColorJitter::standard}) {
    const auto views = make_views(images, draws, {.jitter = jitter});
    EXPECT_TRUE(views[0].equal(images[0].to(torch::kFloat32)));
    EXPECT_TRUE(views[1].equal(images[1].to(torch::kFloat32).flip({2})));
    const double value = grey(pixel_of(images[2], 3, 5));
    for (const double channel : pixel_of(views[2], 3, 5)) {
      EXPECT_NEAR(channel, jitter == ColorJitter::published ? std::floor(value) : value, 1e-4);
    }
  }
}

TEST(MakeViews, ACutIsLibTorchsResizeOfTheBox) {
  constexpr std::int64_t kSide = 24;
  const ViewOptions options{.crop = ViewCrop::random_resized};
  const auto images = noise(16, kSide);
  auto draws = made_draws(16, kSide, options);
  for (ViewDraw& draw : draws) draw.flip = draw.grey = draw.jitter = false;
  const auto views = make_views(images, draws, options);
  namespace F = torch::nn::functional;
  for (std::int64_t i = 0; i < 16; ++i) {
    const auto& box = draws[static_cast<std::size_t>(i)].box;
    const auto at = [&](std::size_t k) { return static_cast<std::int64_t>(box[k]); };
    const auto part = images[i].narrow(1, at(1), at(3)).narrow(2, at(0), at(2)).unsqueeze(0);
    const auto resized = F::interpolate(part.to(torch::kFloat32), F::InterpolateFuncOptions()
                                                                      .size(std::vector{kSide, kSide})
                                                                      .mode(torch::kBilinear)
                                                                      .align_corners(false));
    EXPECT_LT((views[i] - resized[0]).abs().max().item<double>(), 0.02) << i;
  }
}

TEST(DrawViews, ProbabilitiesAndRangesAreThePublishedOnes) {
  constexpr std::int64_t kCount = 20'000;
  double flips = 0;
  double greys = 0;
  double jittered = 0;
  double brightness = 0;
  double lowest_hue = 1;
  std::set<std::array<int, 4>> orders;
  for (const ViewDraw& draw : made_draws(kCount, 64)) {
    flips += draw.flip;
    greys += draw.grey;
    jittered += draw.jitter;
    brightness += draw.brightness;
    lowest_hue = std::min(lowest_hue, draw.hue);
    orders.insert(draw.order);
    for (const double factor : {draw.brightness, draw.contrast, draw.saturation}) {
      EXPECT_GE(factor, 0.6);
      EXPECT_LE(factor, 1.4);
    }
    EXPECT_LE(std::abs(draw.hue), 0.1);
    EXPECT_EQ(draw.box, (std::array<double, 4>{0, 0, 64, 64}));
  }
  EXPECT_NEAR(flips / kCount, 0.5, 0.015);
  EXPECT_NEAR(greys / kCount, 0.2, 0.015);
  EXPECT_NEAR(jittered / kCount, 0.8, 0.015);
  EXPECT_NEAR(brightness / kCount, 1, 0.01);
  EXPECT_LT(lowest_hue, -0.099);
  EXPECT_EQ(orders.size(), 24U);
}

TEST(DrawViews, RandomBoxesLieInTheImageWithTheAreasAndAspectsOfTorchvision) {
  double area = 0;
  constexpr std::int64_t kCount = 4000;
  for (const ViewDraw& draw : made_draws(kCount, 224, {.crop = ViewCrop::random_resized})) {
    const auto [left, top, width, height] = draw.box;
    EXPECT_GE(std::min(left, top), 0);
    EXPECT_LE(std::max(left + width, top + height), 224);
    EXPECT_GT(width / height, 0.74);
    EXPECT_LT(width / height, 1.36);
    area += width * height / (224.0 * 224.0) / kCount;
  }
  // Uniform in 0.2 to 1, but an area a above 3/4 fits only with an aspect within a to 1/a.
  EXPECT_NEAR(area, 0.54, 0.012);
}

TEST(DrawViews, AreOfTheirImageViewEpochAndSeedWhateverTheBatch) {
  const std::vector<std::int64_t> all = {0, 1, 2, 3};
  const std::vector<std::int64_t> one = {2};
  const auto hues = [](const ViewKey& key, int view, const std::vector<std::int64_t>& positions) {
    std::vector<double> values;
    for (const ViewDraw& draw : draw_views(key, view, positions, 32, {})) values.push_back(draw.hue);
    return values;
  };
  const ViewKey key{.seed = 5, .epoch = 2};
  EXPECT_EQ(hues(key, 0, all)[2], hues(key, 0, one)[0]);
  std::set<double> distinct;
  for (const ViewKey& other : {key, ViewKey{.seed = 5, .epoch = 3}, ViewKey{.seed = 6, .epoch = 2},
                               ViewKey{.seed = 5, .epoch = 2, .purpose = "views.evaluation"}}) {
    for (const int view : {0, 1}) {
      for (const double hue : hues(other, view, all)) distinct.insert(hue);
    }
  }
  EXPECT_EQ(distinct.size(), 32U);
}

}  // namespace
}  // namespace mirrortune::test
