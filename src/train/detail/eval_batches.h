#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include <torch/torch.h>

#include "models/network.h"
#include "train/images.h"

namespace mirrortune {

/// Calls `action` with the positions of each batch of the images, in order, without gradients. Puts the
/// network into eval mode, and back into the mode it was in. Throws StoppedError between batches.
void for_each_eval_batch(Network& network, const DeviceImages& images, std::int64_t batch_size,
                         const std::function<void(std::span<const std::int64_t>)>& action);
/// The same with the logits and the labels of each batch.
void for_each_eval_logits(Network& network, const DeviceImages& images, std::int64_t batch_size,
                          const std::function<void(const torch::Tensor&, const torch::Tensor&)>& action);

}  // namespace mirrortune
