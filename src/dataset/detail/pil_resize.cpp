#include "dataset/detail/pil_resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace mirrortune::detail {
namespace {

constexpr int kWeightBits = 32 - 8 - 2;

/// Which inputs an output pixel is the weighted mean of.
struct Taps {
  int first = 0;
  std::vector<std::int32_t> weights;  ///< sum ≈ 2^kWeightBits
};

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

std::vector<Taps> make_taps(int in_size, int out_size) {
  const double scale = static_cast<double>(in_size) / out_size;
  const double support = std::max(scale, 1.0);
  std::vector<Taps> all(static_cast<std::size_t>(out_size));
  for (int i = 0; i < out_size; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int last = std::min(in_size, static_cast<int>(center + support + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int x = first; x < last; ++x) {
      weights.push_back(triangle((x - center + 0.5) * (1.0 / support)));
      sum += weights.back();
    }
    Taps& taps = all[static_cast<std::size_t>(i)];
    taps.first = first;
    for (const double weight : weights) {
      const double normalised = sum != 0.0 ? weight / sum : weight;
      taps.weights.push_back(static_cast<std::int32_t>(0.5 + normalised * (1 << kWeightBits)));
    }
  }
  return all;
}

std::uint8_t weighted_mean(const std::uint8_t* in, std::size_t stride,
                           const std::vector<std::int32_t>& weights) {
  std::int32_t sum = 1 << (kWeightBits - 1);
  for (const std::int32_t weight : weights) {
    sum += weight * *in;
    in += stride;
  }
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

RgbImage resize_rows(const RgbImage& in, int width) {
  const std::vector<Taps> taps = make_taps(in.width, width);
  RgbImage out{.width = width, .height = in.height, .values = {}};
  out.values.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(in.height) * 3);
  std::uint8_t* target = out.values.data();
  for (int y = 0; y < in.height; ++y) {
    const std::uint8_t* row =
        in.values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(in.width) * 3;
    for (const Taps& tap : taps) {
      for (int c = 0; c < 3; ++c) *target++ = weighted_mean(row + tap.first * 3 + c, 3, tap.weights);
    }
  }
  return out;
}

RgbImage resize_columns(const RgbImage& in, int height) {
  const std::vector<Taps> taps = make_taps(in.height, height);
  const std::size_t stride = static_cast<std::size_t>(in.width) * 3;
  RgbImage out{.width = in.width, .height = height, .values = {}};
  out.values.resize(stride * static_cast<std::size_t>(height));
  std::uint8_t* target = out.values.data();
  for (const Taps& tap : taps) {
    const std::uint8_t* first = in.values.data() + static_cast<std::size_t>(tap.first) * stride;
    for (std::size_t x = 0; x < stride; ++x) *target++ = weighted_mean(first + x, stride, tap.weights);
  }
  return out;
}

}  // namespace

RgbImage pil_resize(const RgbImage& image, int width, int height) {
  RgbImage wide = width == image.width ? image : resize_rows(image, width);
  return height == image.height ? wide : resize_columns(wide, height);
}

}  // namespace mirrortune::detail
