#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "dataset/decode.h"

namespace mirrortune::detail {

bool is_jpeg(std::span<const std::byte> bytes);

/// Decodes with libjpeg-turbo and its default (slow, accurate) transform and smooth upsampling, as PIL does.
/// Any warning of the library is an error: it means truncated or corrupt data that would be filled with grey.
/// CMYK and YCCK are taken as Adobe's inverted ones, as PIL takes them. Throws DataError.
RgbImage decode_jpeg(std::span<const std::byte> bytes, const std::string& name);

}  // namespace mirrortune::detail
