#pragma once

#include "dataset/decode.h"

namespace mirrortune::detail {

/// Image.resize((width, height), BILINEAR) of Pillow before 13, bit for bit: a triangle filter as wide as the
/// scale (antialiased), 22-bit fixed-point weights, first along the rows and then along the columns, rounded
/// in between. Pillow 13 takes the columns of some tall images first, which differs by 1 here and there.
/// Source: Pillow, src/libImaging/Resample.c.
RgbImage pil_resize(const RgbImage& image, int width, int height);

}  // namespace mirrortune::detail
