#pragma once

#include <cstdint>

#include <opencv2/core.hpp>

#include "base/stream.h"

namespace mirrortune::detail {

/// Draws of one image, one after the other.
class Dice {
 public:
  explicit Dice(const Stream& stream) : stream_(stream) {}

  double uniform(double low, double high) { return low + (high - low) * stream_.uniform(next_++); }
  double normal() { return stream_.normal(next_++); }
  int below(int n) { return static_cast<int>(stream_.below(next_++, static_cast<std::uint64_t>(n))); }
  bool coin(double probability) { return stream_.uniform(next_++) < probability; }
  /// A random colour, each channel in [0, 255].
  cv::Vec3f colour();

 private:
  Stream stream_;
  std::uint64_t next_ = 0;
};

enum class Shape { disc, square, star, triangle };
enum class Texture { checks, dots, plain, stripes };

/// Where a shape lies; lengths in pixels of the canvas, angles in radians.
struct Pose {
  cv::Point2d center;
  double radius = 0;  ///< of the circle around the shape
  double angle = 0;
  double squeeze = 1;  ///< width over height before the rotation, in (0, 1]
};

/// What a texture looks like.
struct Paint {
  Texture texture = Texture::plain;
  double period = 8;  ///< pixels
  double angle = 0;
  cv::Vec3f first;
  cv::Vec3f second;
};

/// Coverage in [0, 1] of the shape, CV_32F of the canvas' size.
cv::Mat draw_mask(Shape shape, const Pose& pose, cv::Size size);

/// The whole canvas covered by a texture, CV_32FC3.
cv::Mat draw_texture(const Paint& paint, cv::Point2d origin, cv::Size size);

/// canvas ← texture where the mask is 1, unchanged where it is 0.
void blend(cv::Mat& canvas, const cv::Mat& texture, const cv::Mat& mask);

}  // namespace mirrortune::detail
