#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <torch/torch.h>

#include "dataset/augment.h"
#include "dataset/pixels.h"
#include "models/registry.h"
#include "train/compute.h"
#include "train/views.h"

namespace mirrortune {

/// A part of the images, ready for the network.
struct Batch {
  /// float32, normalised: [n, 3, R, R]; the first views of n images and then the second ones, [2n, 3, R, R];
  /// or grey rows, [n, R, R].
  torch::Tensor images;
  torch::Tensor labels;  ///< int64 [n]
};

/// The images of one trial: moved to the device once, as bytes, and normalised there batch by batch. A batch
/// costs less than a hundredth of its training step; all images as floats would cost four times the memory.
class DeviceImages {
 public:
  /// Batches are laid out as `layout` says. A network that reads rows gets grey ones, as PIL makes them of
  /// colours (ITU-R 601-2); `views` says how those of an encoder are made.
  DeviceImages(std::shared_ptr<const Pixels> pixels, const NetworkInfo& network, torch::Device device,
               MemoryLayout layout = MemoryLayout::channels_last, const ViewOptions& views = {});
  /// The same images, not copied, in batches of another layout.
  DeviceImages in_layout(MemoryLayout layout) const;

  std::int64_t count() const { return pixels_->count; }
  torch::Device device() const { return labels_.device(); }
  MemoryLayout layout() const { return layout_; }

  /// The images at `positions`, each in [0, count).
  Batch batch(std::span<const std::int64_t> positions) const;
  /// The same, each image cropped and flipped at random (dataset/augment.h), on the CPU.
  Batch augmented_batch(std::span<const std::int64_t> positions, const AugmentKey& key) const;
  /// Two views of each of them (train/views.h), made on the device.
  Batch views_batch(std::span<const std::int64_t> positions, const ViewKey& key) const;

 private:
  torch::Tensor normalised(const torch::Tensor& values) const;

  std::shared_ptr<const Pixels> pixels_;
  torch::Tensor bytes_;   ///< uint8 [N, 3, R, R], on the CPU the pixels themselves; of rows [N, R, R]
  torch::Tensor labels_;  ///< int64 [N]
  torch::Tensor scale_;   ///< float32 [1, 3, 1, 1] (of rows a scalar), 1 / (255 sd)
  torch::Tensor shift_;   ///< likewise, −mean / sd
  MemoryLayout layout_;
  ViewOptions views_;
};

}  // namespace mirrortune
