#pragma once

#include <cstdint>
#include <string>

#include "dataset/decode.h"

namespace mirrortune::detail {

/// Throws the DataError "cannot decode the image <name>: <why>".
[[noreturn]] void refuse_image(const std::string& name, const std::string& why);

/// Throws DataError if an image of this size is empty or has more than kMaxImagePixels pixels.
void check_image_size(std::int64_t width, std::int64_t height, const std::string& name);

/// A black image of a checked size.
RgbImage allocate_image(std::int64_t width, std::int64_t height, const std::string& name);

}  // namespace mirrortune::detail
