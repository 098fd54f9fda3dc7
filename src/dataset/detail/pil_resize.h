#pragma once

#include "dataset/decode.h"

namespace mirrortune::detail {

/// PIL's Image.resize((width, height), BILINEAR) of an 8-bit RGB image, bit for bit: a triangle filter as
/// wide as the scale (antialiased), 22-bit fixed-point weights, first the rows and then the columns, rounded
/// in between. Source: Pillow, src/libImaging/Resample.c.
RgbImage pil_resize(const RgbImage& image, int width, int height);

}  // namespace mirrortune::detail
