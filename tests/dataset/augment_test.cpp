#include "dataset/augment.h"

#include <algorithm>
#include <map>
#include <string>

#include <gmock/gmock.h>

#include "base/stream.h"

namespace mirrortune {
namespace {

/// Images of random bytes.
Pixels random_pixels(std::int64_t count, int side) {
  Pixels pixels{.count = count, .resolution = side, .values = {}, .labels = {}};
  pixels.values.resize(static_cast<std::size_t>(count) * 3 * static_cast<std::size_t>(side * side));
  const Stream stream(1, "test");
  for (std::size_t i = 0; i < pixels.values.size(); ++i) {
    pixels.values[i] = static_cast<std::uint8_t>(stream.below(i, 256));
  }
  return pixels;
}

/// Images as text, which compares and sorts by bytes.
std::string augmented(const Pixels& pixels, const std::vector<std::int64_t>& rows, AugmentKey key) {
  std::vector<std::uint8_t> out(rows.size() * pixels.values.size() / static_cast<std::size_t>(pixels.count));
  crop_flip(pixels, rows, key, out);
  return {out.begin(), out.end()};
}

/// The window of a padded image, by the definition: pad by reflection, cut, flip.
std::string by_definition(const Pixels& pixels, int left, int top, bool flip) {
  const int side = pixels.resolution;
  const int pad = side / 8;
  const auto mirrored = [&](int x) {
    return x < pad ? pad - x : (x < pad + side ? x - pad : side - 2 - (x - pad - side));
  };
  std::string out;
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        const int from = mirrored(left + (flip ? side - 1 - x : x));
        out += static_cast<char>(
            pixels.values[static_cast<std::size_t>((c * side + mirrored(top + y)) * side + from)]);
      }
    }
  }
  return out;
}

TEST(CropFlip, IsAlwaysAWindowOfThePaddedImageAndEveryWindowComesUp) {
  for (const int side : {1, 7, 8, 17}) {
    const Pixels pixels = random_pixels(1, side);
    const int windows = 2 * (side / 8) + 1;
    std::map<std::string, int> seen;
    for (int left = 0; left < windows; ++left) {
      for (int top = 0; top < windows; ++top) {
        seen[by_definition(pixels, left, top, false)] = 0;
        seen[by_definition(pixels, left, top, true)] = 0;
      }
    }
    for (std::uint64_t epoch = 0; epoch < 1000; ++epoch) {
      const auto out = augmented(pixels, {0}, {.seed = 3, .epoch = epoch});
      ASSERT_TRUE(seen.contains(out)) << side;
      ++seen[out];
    }
    for (const auto& [window, times] : seen) EXPECT_GT(times, 0) << side;
  }
}

TEST(CropFlip, AnImageIsChangedInTheSameWayInWhateverBatch) {
  const Pixels pixels = random_pixels(5, 16);
  const AugmentKey key{.seed = 7, .epoch = 2};
  const auto all = augmented(pixels, {0, 1, 2, 3, 4}, key);
  const std::size_t size = all.size() / 5;
  for (std::size_t row = 0; row < 5; ++row) {
    const auto one = augmented(pixels, {static_cast<std::int64_t>(row)}, key);
    EXPECT_EQ(one, all.substr(row * size, size));
  }
}

TEST(CropFlip, SeedsAndEpochsDiffer) {
  const Pixels pixels = random_pixels(64, 16);
  std::vector<std::int64_t> rows(64);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  const auto first = augmented(pixels, rows, {.seed = 1, .epoch = 1});
  EXPECT_EQ(first, augmented(pixels, rows, {.seed = 1, .epoch = 1}));
  EXPECT_NE(first, augmented(pixels, rows, {.seed = 1, .epoch = 2}));
  EXPECT_NE(first, augmented(pixels, rows, {.seed = 2, .epoch = 1}));
}

}  // namespace
}  // namespace mirrortune
