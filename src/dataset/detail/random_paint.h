#pragma once

#include <opencv2/core.hpp>

#include "base/dice.h"

namespace mirrortune::detail {

/// A random colour, each channel in [0, 255).
cv::Vec3f draw_colour(Dice& dice);
/// Adds normal noise to each value of an image of floats.
void add_noise(Dice& dice, double sd, cv::Mat& image);

}  // namespace mirrortune::detail
