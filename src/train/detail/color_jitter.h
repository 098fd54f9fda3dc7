#pragma once

#include <span>

#include <torch/torch.h>

#include "train/views.h"

namespace mirrortune {

/// Grey values of RGB images, [N, 1, H, W]: 0.2989 R + 0.587 G + 0.114 B.
torch::Tensor grey_of(const torch::Tensor& images);

/// The colour jitter of the two kinds (see make_views), in place, of the images whose draws have one; float32
/// [N, 3, H, W] in [0, 255].
void jitter_as_published(torch::Tensor& images, std::span<const ViewDraw> draws);
void jitter_as_torchvision(torch::Tensor& images, std::span<const ViewDraw> draws);

}  // namespace mirrortune
