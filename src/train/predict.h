#pragma once

#include <cstdint>
#include <vector>

#include "models/network.h"
#include "train/images.h"

namespace mirrortune {

/// What a network in eval mode makes of one labelled image.
struct Prediction {
  std::int64_t predicted = 0;  ///< class of the largest logit, the first of equals
  std::int64_t rank = 0;  ///< classes whose logit is not at most the label's: 0 is right, < 5 within top-5
  double loss = 0;        ///< cross-entropy
  double logit_norm = 0;  ///< Euclidean, over all classes
};

/// One prediction per image, in order. Puts the network into eval mode, and back into the mode it was in.
/// Throws StoppedError between batches.
std::vector<Prediction> predict(Network& network, const DeviceImages& images, std::int64_t batch_size);

/// Of many predictions.
struct PredictionSummary {
  std::int64_t images = 0;
  double top1 = 0;  ///< shares in [0, 1]; NaN for no images
  double top5 = 0;
  double loss = 0;  ///< mean
};

PredictionSummary summarize(const std::vector<Prediction>& predictions);

}  // namespace mirrortune
