#pragma once

#include <opencv2/core.hpp>

namespace mirrortune::detail {

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
