#include "dataset/pixels.h"

#include "base/error.h"
#include "base/text.h"
#include "dataset/decode.h"
#include "dataset/detail/cache_files.h"
#include "dataset/detail/parallel_for.h"
#include "dataset/preprocess.h"

namespace mirrortune {
namespace {

std::span<std::uint8_t> image_of(Pixels& pixels, std::int64_t i) {
  const auto side = static_cast<std::size_t>(pixels.resolution);
  const std::size_t size = 3 * side * side;
  return std::span(pixels.values).subspan(static_cast<std::size_t>(i) * size, size);
}

void decode_files(const ImageIndex& index, std::span<const std::int64_t> which, const DataOptions& data,
                  const DecodeControl& control, Pixels& pixels) {
  detail::parallel_for(pixels.count, control, [&](std::int64_t i) {
    const ImageEntry& image = index.images[static_cast<std::size_t>(which[static_cast<std::size_t>(i)])];
    const std::filesystem::path path = index.root / image.path;
    preprocess(decode_image_file(path), data, path.string(), image_of(pixels, i));
  });
}

void read_cache(const ImageIndex& index, std::span<const std::int64_t> which, const DataOptions& data,
                const DecodeControl& control, Pixels& pixels) {
  const std::string made = detail::describe_preprocessing(detail::read_description(index.root).data);
  const std::string wanted = detail::describe_preprocessing(data);
  if (made != wanted) {
    throw DataError({.what = "cannot use the image cache",
                     .where = printable(index.root.string()),
                     .why = "it was made with " + made + ", but the run asks for " + wanted,
                     .todo = "Pack the images again with the run's preprocessing"});
  }
  const NpyFile file(index.root / detail::kCacheImages);
  detail::require_cache_images(file, index.root, data.resolution,
                               static_cast<std::int64_t>(index.images.size()));
  detail::parallel_for(pixels.count, control, [&](std::int64_t i) {
    const std::span<std::uint8_t> image = image_of(pixels, i);
    const auto row = static_cast<std::uint64_t>(which[static_cast<std::size_t>(i)]);
    file.read(row * image.size(), std::as_writable_bytes(image));
  });
}

}  // namespace

Pixels decode_images(const ImageIndex& index, std::span<const std::int64_t> which, const DataOptions& data,
                     const DecodeControl& control) {
  const auto side = static_cast<std::size_t>(data.resolution);
  Pixels pixels{.count = static_cast<std::int64_t>(which.size()),
                .resolution = data.resolution,
                .values = std::vector<std::uint8_t>(which.size() * 3 * side * side),
                .labels = {}};
  for (const std::int64_t row : which)
    pixels.labels.push_back(index.images.at(static_cast<std::size_t>(row)).label);
  const bool cached = index.layout == kLayoutCache;
  (cached ? read_cache : decode_files)(index, which, data, control, pixels);
  return pixels;
}

}  // namespace mirrortune
