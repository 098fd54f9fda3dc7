#include "dataset/detail/random_paint.h"

namespace mirrortune::detail {

cv::Vec3f draw_colour(Dice& dice) {
  const double r = dice.uniform(0, 255);
  const double g = dice.uniform(0, 255);
  const double b = dice.uniform(0, 255);
  return {static_cast<float>(r), static_cast<float>(g), static_cast<float>(b)};
}

void add_noise(Dice& dice, double sd, cv::Mat& image) {
  for (int y = 0; y < image.rows; ++y) {
    auto* row = image.ptr<float>(y);
    for (int x = 0; x < image.cols * image.channels(); ++x) row[x] += static_cast<float>(sd * dice.normal());
  }
}

}  // namespace mirrortune::detail
