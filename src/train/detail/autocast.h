#pragma once

#include <torch/torch.h>

#include "train/options.h"

namespace mirrortune {

/// As long as it lives, LibTorch computes convolutions and products of matrices on the device in a lower
/// precision, and what needs more digits in float32, as torch.autocast does. Nothing changes for fp32.
class Autocast {
 public:
  /// `precision` is resolved.
  Autocast(torch::Device device, Precision precision);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  torch::DeviceType device_;
  bool was_enabled_;
  torch::ScalarType old_dtype_;
};

}  // namespace mirrortune
