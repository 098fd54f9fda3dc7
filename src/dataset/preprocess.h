#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "dataset/decode.h"
#include "dataset/options.h"

namespace mirrortune {

/// Crops and resizes an image to the square input of a network: [3, R, R], R = data.resolution.
///
/// `ffcv`: centre square of side int(crop_ratio·min(h, w)) at offset ⌊(h−c)/2⌋, ⌊(w−c)/2⌋, then
/// cv::INTER_AREA.
///
/// `torchvision`: Resize(int(R/crop_ratio)) of a PIL image (bilinear, antialiased), then CenterCrop(R); bit
/// for bit (see detail/pil_resize.h).
///
/// `name` stands in the DataError for an image that is too small to crop. A build without OpenCV throws Error
/// with ExitCode::device.
void preprocess(const RgbImage& image, const DataOptions& data, const std::string& name,
                std::span<std::uint8_t> out);

}  // namespace mirrortune
