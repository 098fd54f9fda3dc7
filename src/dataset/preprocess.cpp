#include "dataset/preprocess.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "dataset/detail/image_limits.h"
#include "dataset/detail/opencv_setup.h"
#include "dataset/detail/pil_resize.h"

namespace mirrortune {
namespace {

/// A part of an image as OpenCV sees it; no copy.
cv::Mat view(const RgbImage& image, const cv::Rect& part) {
  const cv::Mat whole(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.values.data()));
  return whole(part);
}

/// [R, R, 3] → [3, R, R].
void write_planes(const cv::Mat& image, std::span<std::uint8_t> out) {
  const auto plane = static_cast<std::size_t>(image.rows) * static_cast<std::size_t>(image.cols);
  std::uint8_t* target = out.data();
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* pixel = image.ptr<std::uint8_t>(y);
    for (int x = 0; x < image.cols; ++x, pixel += 3, ++target) {
      target[0] = pixel[0];
      target[plane] = pixel[1];
      target[2 * plane] = pixel[2];
    }
  }
}

void preprocess_ffcv(const RgbImage& image, const DataOptions& data, const std::string& name,
                     std::span<std::uint8_t> out) {
  const int side = static_cast<int>(data.crop_ratio * std::min(image.height, image.width));
  if (side < 1) detail::refuse_image(name, "its centre crop has no pixel");
  const cv::Mat crop = view(image, {(image.width - side) / 2, (image.height - side) / 2, side, side});
  cv::Mat resized;
  cv::resize(crop, resized, {data.resolution, data.resolution}, 0, 0, cv::INTER_AREA);
  write_planes(resized, out);
}

/// Python's int(round(x / 2)): halves go to the even neighbour.
int half_to_even(int x) { return static_cast<int>(std::nearbyint(x / 2.0)); }

void preprocess_torchvision(const RgbImage& image, const DataOptions& data, const std::string& name,
                            std::span<std::uint8_t> out) {
  const int side = static_cast<int>(data.resolution / data.crop_ratio);
  const std::int64_t shorter = std::min(image.width, image.height);
  const std::int64_t longer = std::int64_t{side} * std::max(image.width, image.height) / shorter;
  detail::check_image_size(side, longer, name);
  const bool is_wide = image.width > image.height;
  const int width = is_wide ? static_cast<int>(longer) : side;
  const int height = is_wide ? side : static_cast<int>(longer);
  const RgbImage resized = detail::pil_resize(image, width, height);
  const int left = half_to_even(width - data.resolution);
  const int top = half_to_even(height - data.resolution);
  write_planes(view(resized, {left, top, data.resolution, data.resolution}), out);
}

}  // namespace

void preprocess(const RgbImage& image, const DataOptions& data, const std::string& name,
                std::span<std::uint8_t> out) {
  const auto side = static_cast<std::size_t>(data.resolution);
  MIRRORTUNE_CHECK(out.size() == 3 * side * side);
  detail::set_up_opencv();
  if (data.preprocessing == Preprocessing::ffcv) return preprocess_ffcv(image, data, name, out);
  return preprocess_torchvision(image, data, name, out);
}

}  // namespace mirrortune
