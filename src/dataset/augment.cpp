#include "dataset/augment.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/stream.h"

namespace mirrortune {
namespace {

/// Where an image's window lies relative to the image, and whether it is flipped.
struct Window {
  int left = 0;
  int top = 0;
  bool flip = false;
};

Window draw_window(const Stream& stream, std::int64_t row, int pad) {
  constexpr std::uint64_t kDrawsPerImage = 3;
  const std::uint64_t first = static_cast<std::uint64_t>(row) * kDrawsPerImage;
  const auto choices = static_cast<std::uint64_t>(2 * pad + 1);
  return {.left = static_cast<int>(stream.below(first, choices)) - pad,
          .top = static_cast<int>(stream.below(first + 1, choices)) - pad,
          .flip = stream.below(first + 2, 2) == 1};
}

/// Position in 0 … side−1 that reflection at the edge pixels gives for −side < x < 2·side − 1.
int reflect(int x, int side) { return x < 0 ? -x : (x >= side ? 2 * side - 2 - x : x); }

void write_window(const std::uint8_t* image, int side, const Window& window, std::uint8_t* out) {
  std::vector<int> source(static_cast<std::size_t>(side));
  for (int x = 0; x < side; ++x) source[static_cast<std::size_t>(x)] = reflect(x + window.left, side);
  if (window.flip) std::reverse(source.begin(), source.end());
  for (int channel = 0; channel < 3; ++channel) {
    const std::uint8_t* plane = image + channel * side * side;
    for (int y = 0; y < side; ++y) {
      const std::uint8_t* row = plane + reflect(y + window.top, side) * side;
      for (const int x : source) *out++ = row[x];
    }
  }
}

}  // namespace

void crop_flip(const Pixels& pixels, std::span<const std::int64_t> rows, const AugmentKey& key,
               std::span<std::uint8_t> out) {
  const int side = pixels.resolution;
  const auto size = 3 * static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  MIRRORTUNE_CHECK(out.size() == rows.size() * size);
  const Stream stream(key.seed, "augment", key.epoch);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    MIRRORTUNE_CHECK(rows[i] >= 0 && rows[i] < pixels.count);
    const Window window = draw_window(stream, rows[i], side / 8);
    write_window(pixels.values.data() + static_cast<std::size_t>(rows[i]) * size, side, window,
                 out.data() + i * size);
  }
}

}  // namespace mirrortune
