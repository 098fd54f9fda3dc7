#include "dataset/digits.h"

#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <string>

#include <opencv2/imgproc.hpp>

#include "base/atomic_folder.h"
#include "base/error.h"
#include "base/stream.h"
#include "base/text.h"
#include "dataset/detail/gzip.h"
#include "dataset/detail/idx_file.h"
#include "dataset/detail/idx_images.h"
#include "dataset/detail/opencv_setup.h"
#include "dataset/detail/parallel_for.h"
#include "dataset/detail/random_paint.h"

namespace mirrortune {
namespace {

constexpr int kCanvasScale = 4;  ///< drawn larger and then averaged, so that edges are smooth
constexpr int kCanvasSide = kDigitSide * kCanvasScale;
constexpr double kTurn = 2 * std::numbers::pi;
constexpr std::size_t kDigitBytes = std::size_t{kDigitSide} * kDigitSide;
/// Digits drawn at a time: enough for all cores, small enough for any memory.
constexpr std::int64_t kDigitsPerChunk = 4096;

constexpr std::array kFonts = {cv::FONT_HERSHEY_SIMPLEX, cv::FONT_HERSHEY_DUPLEX, cv::FONT_HERSHEY_COMPLEX,
                               cv::FONT_HERSHEY_TRIPLEX};

/// How different the digits of a class are; lengths in pixels of the finished image.
struct Variety {
  double height = 17;  ///< of an upright digit that is not stretched
  double thickness_low = 1.4, thickness_high = 3.2;
  double italic_part = 0.3;
  double turn = 0.045;  ///< largest rotation, in turns
  double shear = 0.3;   ///< largest shift of the top beside the middle, in half heights
  double width_low = 0.75, width_high = 1.15;
  double height_low = 0.85, height_high = 1.15;
  double bend = 1.2;  ///< largest deviation of a straight line
  double bend_period_low = 18, bend_period_high = 40;
  double shift = 2.2;
  double blur_low = 0.2, blur_high = 0.6;  ///< sd
  double noise_high = 8;                   ///< sd, of 255
  double ink_low = 200;                    ///< of the brightest strokes, at most 255
};
constexpr Variety kVariety;

/// The digit in the middle of the canvas, upright.
cv::Mat draw_upright(Dice& dice, int digit) {
  const std::string text = std::to_string(digit);
  const int italic = dice.coin(kVariety.italic_part) ? cv::FONT_ITALIC : 0;
  const int font = kFonts[static_cast<std::size_t>(dice.below(kFonts.size()))] | italic;
  const double stroke = dice.uniform(kVariety.thickness_low, kVariety.thickness_high) * kCanvasScale;
  const int thickness = static_cast<int>(std::lround(stroke));
  const double scale = cv::getFontScaleFromHeight(
      font, static_cast<int>(kVariety.height * kCanvasScale) - thickness, /*thickness=*/1);
  int below = 0;
  const cv::Size size = cv::getTextSize(text, font, scale, /*thickness=*/1, &below);
  cv::Mat canvas(kCanvasSide, kCanvasSide, CV_8U, cv::Scalar(0));
  cv::putText(canvas, text, {(kCanvasSide - size.width) / 2, (kCanvasSide + size.height) / 2}, font, scale,
              cv::Scalar(255), thickness, cv::LINE_AA);
  return canvas;
}

/// Where the points of the finished canvas lie on the upright one.
struct Warp {
  cv::Matx22d to_upright;
  cv::Point2d shift;
  double bend = 0, period = 1, phase = 0;

  cv::Point2f operator()(int x, int y) const {
    constexpr double kMiddle = kCanvasSide / 2.0;
    const cv::Vec2d from_middle(x + 0.5 - kMiddle - shift.x, y + 0.5 - kMiddle - shift.y);
    const cv::Vec2d upright = to_upright * from_middle;
    const double bent_x = upright[0] + bend * std::sin(kTurn * upright[1] / period + phase);
    const double bent_y = upright[1] + bend * std::cos(kTurn * upright[0] / period + phase);
    return {static_cast<float>(bent_x + kMiddle - 0.5), static_cast<float>(bent_y + kMiddle - 0.5)};
  }
};

Warp random_warp(Dice& dice) {
  const double angle = kTurn * dice.uniform(-kVariety.turn, kVariety.turn);
  const double shear = dice.uniform(-kVariety.shear, kVariety.shear);
  const double width = dice.uniform(kVariety.width_low, kVariety.width_high);
  const double height = dice.uniform(kVariety.height_low, kVariety.height_high);
  const cv::Matx22d turned(std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle));
  const cv::Matx22d sheared(1, shear, 0, 1);
  const cv::Matx22d stretched(width, 0, 0, height);
  Warp warp;
  warp.to_upright = (turned * sheared * stretched).inv();
  warp.shift.x = dice.uniform(-kVariety.shift, kVariety.shift) * kCanvasScale;
  warp.shift.y = dice.uniform(-kVariety.shift, kVariety.shift) * kCanvasScale;
  warp.bend = dice.uniform(0, kVariety.bend) * kCanvasScale;
  warp.period = dice.uniform(kVariety.bend_period_low, kVariety.bend_period_high) * kCanvasScale;
  warp.phase = dice.uniform(0, kTurn);
  return warp;
}

cv::Mat apply(const Warp& warp, const cv::Mat& upright) {
  cv::Mat places(upright.size(), CV_32FC2);
  for (int y = 0; y < places.rows; ++y) {
    auto* row = places.ptr<cv::Point2f>(y);
    for (int x = 0; x < places.cols; ++x) row[x] = warp(x, y);
  }
  cv::Mat warped;
  cv::remap(upright, warped, places, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_CONSTANT);
  return warped;
}

/// Which digits go to a pair of files.
struct Part {
  std::string name;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

void write_images(const std::filesystem::path& path, const Part& part, std::uint64_t seed,
                  const DecodeControl& control) {
  detail::GzipWriter file(path);
  detail::write_idx_header(file, std::array<std::int64_t, 3>{part.end - part.begin, kDigitSide, kDigitSide});
  for (std::int64_t begin = part.begin; begin < part.end; begin += kDigitsPerChunk) {
    const std::int64_t count = std::min(kDigitsPerChunk, part.end - begin);
    std::vector<std::uint8_t> values(static_cast<std::size_t>(count) * kDigitBytes);
    const DecodeControl chunk = detail::part_control(control, begin - part.begin, part.end - part.begin);
    detail::parallel_for(count, chunk, [&](std::int64_t i) {
      const std::vector<std::uint8_t> digit = draw_digit(seed, begin + i);
      std::copy(digit.begin(), digit.end(), values.begin() + i * static_cast<std::ptrdiff_t>(kDigitBytes));
    });
    file.write(values);
  }
  file.close();
}

void write_labels(const std::filesystem::path& path, const Part& part) {
  std::vector<std::uint8_t> labels;
  for (std::int64_t i = part.begin; i < part.end; ++i) labels.push_back(static_cast<std::uint8_t>(i % 10));
  detail::GzipWriter file(path);
  detail::write_idx_header(file, std::array<std::int64_t, 1>{part.end - part.begin});
  file.write(labels);
  file.close();
}

}  // namespace

std::vector<std::uint8_t> draw_digit(std::uint64_t seed, std::int64_t i) {
  MIRRORTUNE_CHECK(i >= 0);
  detail::set_up_opencv();
  Dice dice(Stream(seed, "synth.digits", static_cast<std::uint64_t>(i)));
  const cv::Mat upright = draw_upright(dice, static_cast<int>(i % 10));
  const cv::Mat canvas = apply(random_warp(dice), upright);
  cv::Mat image;
  cv::resize(canvas, image, {kDigitSide, kDigitSide}, 0, 0, cv::INTER_AREA);
  image.convertTo(image, CV_32F, dice.uniform(kVariety.ink_low, 255) / 255);
  cv::GaussianBlur(image, image, {0, 0}, dice.uniform(kVariety.blur_low, kVariety.blur_high));
  detail::add_noise(dice, dice.uniform(0, kVariety.noise_high), image);
  std::vector<std::uint8_t> values(kDigitBytes);
  cv::Mat grey(kDigitSide, kDigitSide, CV_8U, values.data());
  image.convertTo(grey, CV_8U);
  return values;
}

void write_synth_digits(const std::filesystem::path& folder, const SynthOptions& options,
                        const DecodeControl& control) {
  MIRRORTUNE_CHECK(options.count > 0);
  if (options.count > detail::kMaxIdxImages) {
    throw UsageError({.what = "cannot draw digits into",
                      .where = printable(folder.string()),
                      .why = std::to_string(options.count) + " are more than the limit of " +
                             std::to_string(detail::kMaxIdxImages / 1'000'000) + " million in one file"});
  }
  AtomicFolder place(folder);
  const std::int64_t all = options.count + num_test_digits(options.count);
  for (const Part& part : {Part{"train", 0, options.count}, Part{"t10k", options.count, all}}) {
    write_images(place.temporary() / (part.name + "-images-idx3-ubyte.gz"), part, options.seed, control);
    write_labels(place.temporary() / (part.name + "-labels-idx1-ubyte.gz"), part);
  }
  place.commit();
}

}  // namespace mirrortune
