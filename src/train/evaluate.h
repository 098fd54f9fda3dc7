#pragma once

#include <cstdint>

#include "models/network.h"
#include "train/images.h"

namespace mirrortune {

/// What a network in eval mode makes of images.
struct Evaluation {
  double loss = 0;      ///< mean over the images: cross-entropy; of an encoder, as it is trained
  double accuracy = 0;  ///< share of images whose largest logit is the label's, in [0, 1]; NaN for an encoder
};

/// An encoder sees two views of each image that are the same in every evaluation. Puts the network into eval
/// mode, and back into the mode it was in. Throws StoppedError between batches.
Evaluation evaluate(Network& network, const DeviceImages& images, std::int64_t batch_size);

}  // namespace mirrortune
