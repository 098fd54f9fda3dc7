#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mirrortune::detail {

struct ImageSize {
  std::int64_t width = 0;
  std::int64_t height = 0;
};

bool is_png(std::span<const std::byte> bytes);

/// Width and height that the header of a PNG, BMP or WebP file states; nothing if it is none of these.
std::optional<ImageSize> read_image_size(std::span<const std::byte> bytes);

/// The chunks of a PNG file that make its pixels (IHDR, PLTE, IDAT, IEND), so that no decoder sees profiles,
/// texts, EXIF or transparency. Throws DataError if the file ends before IEND or a chunk's CRC differs.
std::vector<std::byte> keep_pixel_chunks(std::span<const std::byte> png, const std::string& name);

}  // namespace mirrortune::detail
