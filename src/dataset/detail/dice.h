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
  /// Adds normal noise to each value of an image of floats.
  void add_noise(double sd, cv::Mat& image);

 private:
  Stream stream_;
  std::uint64_t next_ = 0;
};

}  // namespace mirrortune::detail
