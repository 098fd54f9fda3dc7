#include "dataset/detail/raster_header.h"

#include <array>
#include <cstdlib>
#include <string_view>

#include <zlib.h>

#include "dataset/detail/image_limits.h"

namespace mirrortune::detail {
namespace {

constexpr std::string_view kPngStart("\x89PNG\r\n\x1a\n", 8);
constexpr std::size_t kChunkOverhead = 12;  // length, type, CRC

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint32_t byte_at(std::span<const std::byte> bytes, std::size_t i) {
  return std::to_integer<std::uint32_t>(bytes[i]);
}

std::uint32_t big_endian(std::span<const std::byte> bytes, std::size_t i) {
  return byte_at(bytes, i) << 24 | byte_at(bytes, i + 1) << 16 | byte_at(bytes, i + 2) << 8 |
         byte_at(bytes, i + 3);
}

std::uint32_t little_endian(std::span<const std::byte> bytes, std::size_t i, int count) {
  std::uint32_t value = 0;
  for (int k = 0; k < count; ++k) value |= byte_at(bytes, i + static_cast<std::size_t>(k)) << (8 * k);
  return value;
}

std::optional<ImageSize> png_size(std::span<const std::byte> bytes) {
  if (bytes.size() < 33 || text_of(bytes.subspan(12, 4)) != "IHDR") return std::nullopt;
  return ImageSize{big_endian(bytes, 16), big_endian(bytes, 20)};
}

std::optional<ImageSize> bmp_size(std::span<const std::byte> bytes) {
  if (bytes.size() < 26) return std::nullopt;
  constexpr std::uint32_t kCoreHeader = 12;
  if (little_endian(bytes, 14, 4) == kCoreHeader) {
    return ImageSize{little_endian(bytes, 18, 2), little_endian(bytes, 20, 2)};
  }
  const auto width = static_cast<std::int32_t>(little_endian(bytes, 18, 4));
  const auto height = static_cast<std::int32_t>(little_endian(bytes, 22, 4));
  return ImageSize{width, std::abs(std::int64_t{height})};
}

std::optional<ImageSize> webp_size(std::span<const std::byte> bytes) {
  if (bytes.size() < 30) return std::nullopt;
  const std::string_view kind = text_of(bytes.subspan(12, 4));
  if (kind == "VP8 ") {
    return ImageSize{little_endian(bytes, 26, 2) & 0x3FFF, little_endian(bytes, 28, 2) & 0x3FFF};
  }
  if (kind == "VP8L") {
    const std::uint32_t packed = little_endian(bytes, 21, 4);
    return ImageSize{(packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1};
  }
  if (kind == "VP8X") return ImageSize{little_endian(bytes, 24, 3) + 1, little_endian(bytes, 27, 3) + 1};
  return std::nullopt;
}

}  // namespace

bool is_png(std::span<const std::byte> bytes) { return text_of(bytes).starts_with(kPngStart); }

std::optional<ImageSize> read_image_size(std::span<const std::byte> bytes) {
  const std::string_view text = text_of(bytes);
  if (is_png(bytes)) return png_size(bytes);
  if (text.starts_with("BM")) return bmp_size(bytes);
  if (text.starts_with("RIFF") && text.substr(8, 4) == "WEBP") return webp_size(bytes);
  return std::nullopt;
}

std::vector<std::byte> keep_pixel_chunks(std::span<const std::byte> png, const std::string& name) {
  std::vector<std::byte> kept(png.begin(), png.begin() + kPngStart.size());
  std::string_view type;
  for (std::size_t at = kPngStart.size(); type != "IEND";) {
    if (png.size() - at < kChunkOverhead) refuse_image(name, "the PNG file ends before its last chunk");
    const std::size_t length = big_endian(png, at);
    if (length > png.size() - at - kChunkOverhead) refuse_image(name, "the PNG file ends inside a chunk");
    const std::span<const std::byte> chunk = png.subspan(at, length + kChunkOverhead);
    const std::span<const std::byte> checked = chunk.subspan(4, length + 4);
    type = text_of(checked.first(4));
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
    if (crc != big_endian(chunk, length + 8))
      refuse_image(name, "the CRC of a PNG chunk differs: it is corrupt");
    if (type == "IHDR" || type == "PLTE" || type == "IDAT" || type == "IEND") {
      kept.insert(kept.end(), chunk.begin(), chunk.end());
    }
    at += chunk.size();
  }
  return kept;
}

}  // namespace mirrortune::detail
