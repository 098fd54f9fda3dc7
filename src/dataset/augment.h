#pragma once

#include <cstdint>
#include <span>

#include "dataset/pixels.h"

namespace mirrortune {

/// Which draw of the augmentation: image `row` in epoch `epoch` of seed `seed` is always changed in the same
/// way, in whatever batch and on whatever thread.
struct AugmentKey {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
};

/// `crop_flip`: pads each side by ⌊R/8⌋ pixels by reflection, cuts a random R×R window and flips it left to
/// right with probability 1/2. Writes the images `rows` of `pixels` to `out`, [rows, 3, R, R]. May run on
/// several threads at once.
void crop_flip(const Pixels& pixels, std::span<const std::int64_t> rows, const AugmentKey& key,
               std::span<std::uint8_t> out);

}  // namespace mirrortune
