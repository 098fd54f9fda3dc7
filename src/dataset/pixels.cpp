#include "dataset/pixels.h"

#include <algorithm>

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

/// The grey `values` of one image, the same in all three channels. Where nothing is to be cropped or resized
/// they are copied, which needs no OpenCV.
void preprocess_grey(const GreyImages& grey, std::span<const std::uint8_t> values, const DataOptions& data,
                     const std::string& name, std::span<std::uint8_t> out) {
  if (grey.height == data.resolution && grey.width == data.resolution && data.crop_ratio == 1.0) {
    for (; !out.empty(); out = out.subspan(values.size()))
      std::copy(values.begin(), values.end(), out.begin());
    return;
  }
  RgbImage image{.width = grey.width, .height = grey.height, .values = {}};
  image.values.reserve(3 * values.size());
  for (const std::uint8_t value : values) image.values.insert(image.values.end(), 3, value);
  preprocess(image, data, name, out);
}

void decode_idx_images(const ImageIndex& index, std::span<const std::int64_t> which, const DataOptions& data,
                       const DecodeControl& control, Pixels& pixels) {
  const GreyImages& grey = *index.grey;
  const std::size_t size = static_cast<std::size_t>(grey.height) * static_cast<std::size_t>(grey.width);
  detail::parallel_for(pixels.count, control, [&](std::int64_t i) {
    const ImageEntry& image = index.images[static_cast<std::size_t>(which[static_cast<std::size_t>(i)])];
    // The path and not the place says the row: an index may have been cut to a part of the file's images.
    const auto row = static_cast<std::size_t>(parse_integer(image.path).value());
    const auto values = std::span(grey.values).subspan(row * size, size);
    preprocess_grey(grey, values, data, index.root.string() + ":" + image.path, image_of(pixels, i));
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
  if (index.layout == kLayoutCache) {
    read_cache(index, which, data, control, pixels);
  } else if (index.layout == kLayoutIdx) {
    decode_idx_images(index, which, data, control, pixels);
  } else {
    decode_files(index, which, data, control, pixels);
  }
  return pixels;
}

}  // namespace mirrortune
