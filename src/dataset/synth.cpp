#include "dataset/synth.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/atomic_folder.h"
#include "base/error.h"
#include "base/file.h"
#include "base/stream.h"
#include "dataset/detail/opencv_setup.h"
#include "dataset/detail/parallel_for.h"
#include "dataset/detail/random_paint.h"
#include "dataset/detail/synth_shapes.h"

namespace mirrortune {
namespace {

using detail::draw_colour;
using detail::Paint;
using detail::Pose;
using detail::Shape;
using detail::Texture;

constexpr int kCanvasScale = 2;  ///< drawn larger and then averaged, so that edges are smooth
constexpr int kCanvasSide = kSynthSide * kCanvasScale;
constexpr double kTurn = 2 * std::numbers::pi;
constexpr int kJpegQuality = 92;

/// How hard the images are; lengths in pixels of the finished image.
struct Difficulty {
  double radius_low = 22, radius_high = 28;
  double turn = 0.04;  ///< largest rotation, in turns
  double period_low = 10, period_high = 15;
  double contrast = 170;      ///< smallest distance of two colours that must be told apart, of at most 442
  double squeeze_low = 0.85;  ///< see Pose
  int clutter_most = 2;       ///< small shapes and lines behind the shape
  int occluders_most = 1;     ///< lines across it
  double noise_low = 2, noise_high = 10;  ///< sd of the noise of a channel
  double blur_high = 0.8;                 ///< sd of the blur
  double murky_part = 0.08;               ///< of the images, which these hide almost:
  double murky_noise = 70, murky_blur = 2.5;
};
constexpr Difficulty kDifficulty;

/// A colour at least `contrast` away from another.
cv::Vec3f colour_apart(Dice& dice, const cv::Vec3f& other) {
  cv::Vec3f colour = draw_colour(dice);
  while (cv::norm(colour - other) < kDifficulty.contrast) colour = draw_colour(dice);
  return colour;
}

Pose random_pose(Dice& dice, double radius) {
  const double margin = 1.05 * radius;
  Pose pose;
  pose.radius = radius * kCanvasScale;
  pose.center.x = dice.uniform(margin, kSynthSide - margin) * kCanvasScale;
  pose.center.y = dice.uniform(margin, kSynthSide - margin) * kCanvasScale;
  pose.angle = kTurn * dice.uniform(-kDifficulty.turn, kDifficulty.turn);
  pose.squeeze = dice.uniform(kDifficulty.squeeze_low, 1);
  return pose;
}

Paint random_paint(Dice& dice, Texture texture, const cv::Vec3f& ground) {
  Paint paint;
  paint.texture = texture;
  paint.period = dice.uniform(kDifficulty.period_low, kDifficulty.period_high) * kCanvasScale;
  paint.angle = kTurn * dice.uniform(-kDifficulty.turn, kDifficulty.turn);
  paint.first = colour_apart(dice, ground);
  paint.second = colour_apart(dice, paint.first);
  return paint;
}

/// A slope from one colour to another.
cv::Mat draw_ground(Dice& dice, const cv::Vec3f& colour) {
  cv::Mat ground(kCanvasSide, kCanvasSide, CV_32FC3);
  const cv::Vec3f slope = (draw_colour(dice) - cv::Vec3f(128, 128, 128)) * (0.5F / kCanvasSide);
  const double angle = dice.uniform(0, kTurn);
  for (int y = 0; y < kCanvasSide; ++y) {
    for (int x = 0; x < kCanvasSide; ++x) {
      const double along = (x - kCanvasSide / 2) * std::cos(angle) + (y - kCanvasSide / 2) * std::sin(angle);
      ground.at<cv::Vec3f>(y, x) = colour + slope * static_cast<float>(along);
    }
  }
  return ground;
}

void draw_line(Dice& dice, cv::Mat& canvas) {
  const auto end = [&dice] { return cv::Point(dice.below(kCanvasSide), dice.below(kCanvasSide)); };
  const cv::Point from = end();
  const cv::Point to = end();
  const cv::Vec3f colour = draw_colour(dice);
  cv::Mat mask(canvas.size(), CV_8U, cv::Scalar(0));
  cv::line(mask, from, to, cv::Scalar(255), kCanvasScale * (1 + dice.below(2)), cv::LINE_AA);
  canvas.setTo(cv::Scalar(colour[0], colour[1], colour[2]), mask > 127);
}

/// Small pieces of any shape and lines, which say nothing about the class.
void draw_clutter(Dice& dice, cv::Mat& canvas) {
  const int pieces = dice.below(kDifficulty.clutter_most + 1);
  for (int i = 0; i < pieces; ++i) {
    if (dice.coin(0.5)) {
      draw_line(dice, canvas);
      continue;
    }
    const Pose pose = random_pose(dice, dice.uniform(2, 6));
    const auto shape = static_cast<Shape>(dice.below(4));
    const cv::Mat colour(canvas.size(), CV_32FC3, draw_colour(dice));
    detail::blend(canvas, colour, detail::draw_mask(shape, pose, canvas.size()));
  }
}

std::filesystem::path class_folder(const std::filesystem::path& root, std::int64_t label) {
  return root / kSynthClasses[static_cast<std::size_t>(label)];
}

void write_image(const std::filesystem::path& folder, std::uint64_t seed, std::int64_t i) {
  RgbImage image = draw_synth_image(seed, i);
  const cv::Mat rgb(image.height, image.width, CV_8UC3, image.values.data());
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<unsigned char> encoded;
  cv::imencode(".jpg", bgr, encoded, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality});
  const std::string digits = std::to_string(i);
  const std::string name = std::string(6 - std::min<std::size_t>(6, digits.size()), '0') + digits + ".jpg";
  write_unsynced(class_folder(folder, i % 16) / name, encoded);
}

}  // namespace

RgbImage draw_synth_image(std::uint64_t seed, std::int64_t i) {
  MIRRORTUNE_CHECK(i >= 0);
  detail::set_up_opencv();
  Dice dice(Stream(seed, "synth", static_cast<std::uint64_t>(i)));
  const auto label = static_cast<int>(i % 16);
  const cv::Vec3f ground = draw_colour(dice);
  cv::Mat canvas = draw_ground(dice, ground);
  draw_clutter(dice, canvas);
  const Pose pose = random_pose(dice, dice.uniform(kDifficulty.radius_low, kDifficulty.radius_high));
  const Paint paint = random_paint(dice, static_cast<Texture>(label % 4), ground);
  detail::blend(canvas, detail::draw_texture(paint, pose.center, canvas.size()),
                detail::draw_mask(static_cast<Shape>(label / 4), pose, canvas.size()));
  for (int lines = dice.below(kDifficulty.occluders_most + 1); lines > 0; --lines) draw_line(dice, canvas);
  cv::Mat image;
  cv::resize(canvas, image, {kSynthSide, kSynthSide}, 0, 0, cv::INTER_AREA);
  const bool murky = dice.coin(kDifficulty.murky_part);
  const double blur = murky ? kDifficulty.murky_blur : dice.uniform(0.2, kDifficulty.blur_high);
  cv::GaussianBlur(image, image, {0, 0}, blur);
  const double noise =
      murky ? kDifficulty.murky_noise : dice.uniform(kDifficulty.noise_low, kDifficulty.noise_high);
  detail::add_noise(dice, noise, image);
  RgbImage result{.width = kSynthSide, .height = kSynthSide, .values = {}};
  result.values.resize(std::size_t{3} * kSynthSide * kSynthSide);
  cv::Mat rgb(kSynthSide, kSynthSide, CV_8UC3, result.values.data());
  image.convertTo(rgb, CV_8U);
  return result;
}

void write_synth(const std::filesystem::path& folder, const SynthOptions& options,
                 const DecodeControl& control) {
  MIRRORTUNE_CHECK(options.count > 0);
  AtomicFolder place(folder);
  const std::int64_t classes = std::min<std::int64_t>(options.count, kSynthClasses.size());
  for (std::int64_t label = 0; label < classes; ++label) make_folder(class_folder(place.temporary(), label));
  detail::parallel_for(options.count, control,
                       [&](std::int64_t i) { write_image(place.temporary(), options.seed, i); });
  place.commit();
}

}  // namespace mirrortune
