#include "dataset/decode.h"

#include <algorithm>
#include <mutex>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dataset/detail/image_limits.h"
#include "dataset/detail/jpeg.h"
#include "dataset/detail/opencv_setup.h"
#include "dataset/detail/raster_header.h"

namespace mirrortune {
namespace detail {

void refuse_image(const std::string& name, const std::string& why) {
  throw DataError({.what = "cannot decode the image", .where = printable(name), .why = why});
}

void check_image_size(std::int64_t width, std::int64_t height, const std::string& name) {
  const std::string size = std::to_string(width) + "×" + std::to_string(height);
  if (width < 1 || height < 1) refuse_image(name, "its header says that it is " + size + " pixels");
  if (width > kMaxImagePixels / height) {
    refuse_image(name, "it is " + size + " pixels, more than the limit of " +
                           std::to_string(kMaxImagePixels / 1'000'000) + " million");
  }
}

RgbImage allocate_image(std::int64_t width, std::int64_t height, const std::string& name) {
  check_image_size(width, height, name);
  RgbImage image{.width = static_cast<int>(width), .height = static_cast<int>(height), .values = {}};
  image.values.resize(static_cast<std::size_t>(width * height * 3));
  return image;
}

}  // namespace detail

namespace {

[[noreturn]] void refuse_unknown(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.empty()) detail::refuse_image(name, "the file is empty");
  const std::string start(reinterpret_cast<const char*>(bytes.data()),
                          std::min<std::size_t>(bytes.size(), 12));
  detail::refuse_image(name,
                       "it is no JPEG, PNG, BMP or WebP image: it starts with '" + printable(start) + "'");
}

RgbImage decode_with_opencv(std::span<const std::byte> bytes, const detail::ImageSize& size,
                            const std::string& name) {
  detail::set_up_opencv();
  std::vector<std::byte> pixel_chunks;
  if (detail::is_png(bytes)) {
    pixel_chunks = detail::keep_pixel_chunks(bytes, name);
    bytes = pixel_chunks;
  }
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::byte*>(bytes.data()));
  cv::Mat bgr;
  try {
    bgr = cv::imdecode(encoded, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception&) {
    bgr.release();
  }
  if (bgr.empty() || bgr.type() != CV_8UC3) detail::refuse_image(name, "it is truncated or corrupt");
  if (bgr.cols != size.width || bgr.rows != size.height)
    detail::refuse_image(name, "its size is not its header's");
  RgbImage image = detail::allocate_image(size.width, size.height, name);
  cv::Mat rgb(image.height, image.width, CV_8UC3, image.values.data());
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return image;
}

}  // namespace

RgbImage decode_image(std::span<const std::byte> bytes, const std::string& name) {
  if (detail::is_jpeg(bytes)) return detail::decode_jpeg(bytes, name);
  const auto size = detail::read_image_size(bytes);
  if (!size) refuse_unknown(bytes, name);
  detail::check_image_size(size->width, size->height, name);
  return decode_with_opencv(bytes, *size, name);
}

RgbImage decode_image_file(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  if (file.size() > kMaxImageFileBytes) {
    detail::refuse_image(path.string(), "the file has " + std::to_string(file.size()) +
                                            " bytes, more than the limit of " +
                                            std::to_string(kMaxImageFileBytes >> 20) + " MiB");
  }
  std::vector<std::byte> bytes(file.size());
  file.read(0, bytes);
  return decode_image(bytes, path.string());
}

}  // namespace mirrortune
