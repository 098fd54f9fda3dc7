#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <torch/torch.h>

#include "dataset/augment.h"
#include "dataset/pixels.h"
#include "models/registry.h"
#include "train/compute.h"

namespace mirrortune {

/// A part of the images, ready for the network.
struct Batch {
  torch::Tensor images;  ///< float32 [n, 3, R, R], normalised
  torch::Tensor labels;  ///< int64 [n]
};

/// The images of one trial: moved to the device once, as bytes, and normalised there batch by batch. A batch
/// costs less than a hundredth of its training step; all images as floats would cost four times the memory.
class DeviceImages {
 public:
  /// Batches are laid out as `layout` says.
  DeviceImages(std::shared_ptr<const Pixels> pixels, const NetworkInfo& network, torch::Device device,
               MemoryLayout layout = MemoryLayout::channels_last);
  /// The same images, not copied, in batches of another layout.
  DeviceImages in_layout(MemoryLayout layout) const;

  std::int64_t count() const { return pixels_->count; }
  torch::Device device() const { return labels_.device(); }
  MemoryLayout layout() const { return layout_; }

  /// The images at `positions`, each in [0, count).
  Batch batch(std::span<const std::int64_t> positions) const;
  /// The same, each image cropped and flipped at random (dataset/augment.h), on the CPU.
  Batch augmented_batch(std::span<const std::int64_t> positions, const AugmentKey& key) const;

 private:
  torch::Tensor normalised(const torch::Tensor& bytes) const;

  std::shared_ptr<const Pixels> pixels_;
  torch::Tensor bytes_;   ///< uint8 [N, 3, R, R]; on the CPU the pixels themselves
  torch::Tensor labels_;  ///< int64 [N]
  torch::Tensor scale_;   ///< float32 [1, 3, 1, 1], 1 / (255 sd)
  torch::Tensor shift_;   ///< float32 [1, 3, 1, 1], −mean / sd
  MemoryLayout layout_;
};

}  // namespace mirrortune
