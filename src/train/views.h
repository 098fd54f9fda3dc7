#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <torch/torch.h>

#include "dataset/options.h"

namespace mirrortune {

/// Which draw of the views: those of image `position` in epoch `epoch` of seed `seed` are always the same, in
/// whatever batch.
struct ViewKey {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
  std::string_view purpose = "views";  ///< of the stream
};

/// What happens to one view of one image, in this order: cut, flip, greyscale, colour jitter. The published
/// probabilities and ranges: flip 0.5, greyscale 0.2, jitter 0.8 with brightness, contrast and saturation in
/// 1 ± 0.4 and hue in ± 0.1.
struct ViewDraw {
  std::array<double, 4> box = {};  ///< left, top, width, height in pixels
  bool flip = false;               ///< left to right
  bool grey = false;
  bool jitter = false;
  double brightness = 1;
  double contrast = 1;
  double saturation = 1;
  double hue = 0;                           ///< in turns of the colour circle
  std::array<int, 4> order = {0, 1, 2, 3};  ///< in which ColorJitter::standard applies the four of them
};

/// The draws of view `view` (0 or 1) of the images at `positions`, squares of side `side`.
std::vector<ViewDraw> draw_views(const ViewKey& key, int view, std::span<const std::int64_t> positions,
                                 std::int64_t side, const ViewOptions& options);

/// The views of `images`, uint8 [N, 3, R, R] on any device, one draw for each: float32 [N, 3, R, R] in
/// [0, 255].
///
/// `published` (FFCV-SSL's transforms): whole numbers, rounded towards 0 after greyscale and after the
/// jitter; this has a fixed order, grey is that of the image before it, and hue is a rotation of RGB about
/// its diagonal. `standard` (torchvision's on floats): a random order, each change limited to [0, 255], hue
/// by way of HSV.
torch::Tensor make_views(const torch::Tensor& images, std::span<const ViewDraw> draws,
                         const ViewOptions& options);

}  // namespace mirrortune
