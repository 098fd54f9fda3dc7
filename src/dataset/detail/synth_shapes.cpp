#include "dataset/detail/synth_shapes.h"

#include <cmath>
#include <numbers>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace mirrortune::detail {
namespace {

constexpr double kPi = std::numbers::pi;

/// Corners of a shape on the unit circle, `inner` the radius of every second one.
struct Outline {
  int corners = 0;
  double inner = 1;
};

Outline outline_of(Shape shape) {
  switch (shape) {
    case Shape::disc:
      return {.corners = 48, .inner = 1};
    case Shape::square:
      return {.corners = 4, .inner = 1};
    case Shape::star:
      return {.corners = 10, .inner = 0.45};
    case Shape::triangle:
      return {.corners = 3, .inner = 1};
  }
  return {};
}

/// Is the second colour of the texture seen at (u, v), in periods?
bool is_second(Texture texture, double u, double v) {
  const double du = u - std::floor(u) - 0.5;
  const double dv = v - std::floor(v) - 0.5;
  switch (texture) {
    case Texture::checks:
      return (du > 0) == (dv > 0);
    case Texture::dots:
      return du * du + dv * dv < 0.3 * 0.3;
    case Texture::plain:
      return false;
    case Texture::stripes:
      return du > 0;
  }
  return false;
}

}  // namespace

cv::Mat draw_mask(Shape shape, const Pose& pose, cv::Size size) {
  constexpr int kFractionBits = 4;
  const Outline outline = outline_of(shape);
  std::vector<cv::Point> corners;
  for (int i = 0; i < outline.corners; ++i) {
    const double angle = 2 * kPi * i / outline.corners;
    const double radius = pose.radius * (i % 2 == 1 ? outline.inner : 1);
    const double x = pose.squeeze * radius * std::cos(angle);
    const double y = radius * std::sin(angle);
    const double turned_x = pose.center.x + x * std::cos(pose.angle) - y * std::sin(pose.angle);
    const double turned_y = pose.center.y + x * std::sin(pose.angle) + y * std::cos(pose.angle);
    corners.emplace_back(static_cast<int>(std::lround(turned_x * (1 << kFractionBits))),
                         static_cast<int>(std::lround(turned_y * (1 << kFractionBits))));
  }
  cv::Mat mask(size, CV_8U, cv::Scalar(0));
  cv::fillPoly(mask, std::vector<std::vector<cv::Point>>{corners}, cv::Scalar(255), cv::LINE_AA,
               kFractionBits);
  cv::Mat coverage;
  mask.convertTo(coverage, CV_32F, 1.0 / 255);
  return coverage;
}

cv::Mat draw_texture(const Paint& paint, cv::Point2d origin, cv::Size size) {
  cv::Mat texture(size, CV_32FC3);
  const double cosine = std::cos(paint.angle) / paint.period;
  const double sine = std::sin(paint.angle) / paint.period;
  for (int y = 0; y < size.height; ++y) {
    auto* row = texture.ptr<cv::Vec3f>(y);
    for (int x = 0; x < size.width; ++x) {
      const double dx = x - origin.x;
      const double dy = y - origin.y;
      const bool second = is_second(paint.texture, dx * cosine + dy * sine, dy * cosine - dx * sine);
      row[x] = second ? paint.second : paint.first;
    }
  }
  return texture;
}

void blend(cv::Mat& canvas, const cv::Mat& texture, const cv::Mat& mask) {
  for (int y = 0; y < canvas.rows; ++y) {
    auto* target = canvas.ptr<cv::Vec3f>(y);
    const auto* source = texture.ptr<cv::Vec3f>(y);
    const auto* weight = mask.ptr<float>(y);
    for (int x = 0; x < canvas.cols; ++x) target[x] += weight[x] * (source[x] - target[x]);
  }
}

}  // namespace mirrortune::detail
