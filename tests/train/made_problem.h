#pragma once

#include <cstdint>
#include <memory>

#include "base/stream.h"
#include "dataset/pixels.h"
#include "models/options.h"
#include "train/images.h"
#include "train/start.h"
#include "train/training.h"

namespace mirrortune::test {

inline constexpr int kSide = 32;
inline constexpr std::int64_t kClasses = 4;

/// Images whose brightness tells their class, with noise: a small network learns them in a few epochs.
inline std::shared_ptr<const Pixels> made_pixels(std::int64_t count, std::uint64_t seed = 0) {
  auto pixels = std::make_shared<Pixels>();
  pixels->count = count;
  pixels->resolution = kSide;
  const std::int64_t image_bytes = 3 * kSide * kSide;
  const Stream stream(seed, "made_pixels");
  for (std::int64_t i = 0; i < count; ++i) {
    pixels->labels.push_back(i % kClasses);
    for (std::int64_t k = 0; k < image_bytes; ++k) {
      const auto noise = stream.below(static_cast<std::uint64_t>(i * image_bytes + k), 64);
      pixels->values.push_back(
          static_cast<std::uint8_t>(60 * (i % kClasses) + static_cast<std::int64_t>(noise)));
    }
  }
  return pixels;
}

/// ShuffleNetV2 x0.5 with random weights.
inline ModelOptions made_model() {
  return {.name = "shufflenet_v2_x0_5", .weights = "none", .classes = kClasses};
}

inline DeviceImages made_images(std::int64_t count, std::uint64_t seed = 0) {
  return {made_pixels(count, seed), network_info("shufflenet_v2_x0_5"), torch::kCPU};
}

/// The rate is small: batch-norm over the three images of a last batch makes steep gradients.
inline TrainingOptions made_training(double lr = 0.01, int epochs = 2) {
  TrainingOptions options{.potential = "2-norm", .lr = lr, .epochs = epochs};
  options.train.batch_size = 8;
  return options;
}

/// Exact equality of whole state dicts.
inline bool same_bits(const Network& a, const Network& b) {
  const auto left = state_entries(a);
  const auto right = state_entries(b);
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!torch::equal(left[i].value, right[i].value)) return false;
  }
  return true;
}

}  // namespace mirrortune::test
