#include "dataset/detail/dice.h"

namespace mirrortune::detail {

cv::Vec3f Dice::colour() {
  const double r = uniform(0, 255);
  const double g = uniform(0, 255);
  const double b = uniform(0, 255);
  return {static_cast<float>(r), static_cast<float>(g), static_cast<float>(b)};
}

void Dice::add_noise(double sd, cv::Mat& image) {
  for (int y = 0; y < image.rows; ++y) {
    auto* row = image.ptr<float>(y);
    for (int x = 0; x < image.cols * image.channels(); ++x) row[x] += static_cast<float>(sd * normal());
  }
}

}  // namespace mirrortune::detail
