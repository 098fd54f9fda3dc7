#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace mirrortune {

/// An 8-bit RGB image.
struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> values;  ///< [height, width, 3]
};

/// Images with more pixels than this are refused by their header, before anything is allocated.
inline constexpr std::int64_t kMaxImagePixels = 100'000'000;
/// Image files larger than this are not read.
inline constexpr std::uint64_t kMaxImageFileBytes = 256U << 20;
/// Progressive JPEGs with more scans than this are refused: each scan costs a pass over the whole image.
inline constexpr int kMaxJpegScans = 100;

/// Decodes JPEG, PNG, BMP or WebP, known by content. Greyscale, CMYK, YCCK, palette, alpha and 16 bits become
/// 8-bit RGB as PIL's `convert("RGB")` makes them (16 bits: the upper byte); EXIF orientation is ignored. A
/// truncated or corrupt file is an error, also where the decoder only warns. Throws DataError naming `name`.
RgbImage decode_image(std::span<const std::byte> bytes, const std::string& name);

/// The same of a file; its path is the name. Throws also MissingError and PermissionError. A build without
/// OpenCV decodes nothing: both throw Error with ExitCode::device.
RgbImage decode_image_file(const std::filesystem::path& path);

}  // namespace mirrortune
