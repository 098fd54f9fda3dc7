#pragma once

#include <torch/torch.h>

#include "models/network.h"
#include "train/images.h"
#include "train/options.h"

namespace mirrortune {

/// What a training lowers, of one batch.
struct Objective {
  torch::Tensor loss;   ///< float32 scalar: the mean over the batch's images
  torch::Tensor right;  ///< int64 scalar: images classified right; undefined for an encoder
};

/// Forward pass in the precision asked for (never automatic), loss in float32: cross-entropy of a classifier,
/// plus `logit_l2` of the mean squared logit; simsiam_loss of an encoder.
Objective objective_of(Network& network, const Batch& batch, const TrainOptions& options);

/// ½ L(p1, z2) + ½ L(p2, z1), L = 2 − 2 cos(p, z) averaged over the images, without a gradient through z:
/// SimSiam's symmetrised loss (Chen & He, CVPR 2021, eq. 4), shifted and scaled to be 0 where the views
/// agree. All [N, features].
torch::Tensor simsiam_loss(const torch::Tensor& p1, const torch::Tensor& z1, const torch::Tensor& p2,
                           const torch::Tensor& z2);

}  // namespace mirrortune
