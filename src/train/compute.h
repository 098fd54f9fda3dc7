#pragma once

#include <string>

#include <torch/torch.h>

#include "train/options.h"

namespace mirrortune {

/// The order of images and of convolutions' weights in memory: pixels with their channels together, or a
/// channel's pixels together.
enum class MemoryLayout { channels_last, contiguous };
/// "channels_last".
std::string to_text(MemoryLayout layout);
torch::MemoryFormat memory_format(MemoryLayout layout);

/// "fp32", "bf16", "fp16", "auto".
std::string to_text(Precision precision);
/// What `auto` is on the device: fp32 on the CPU, fp16 with a loss scaler on CUDA; any other as it is.
Precision resolved(Precision precision, torch::Device device);
/// Throws DeviceError if the device cannot compute a small network in the (resolved) precision.
void require_precision(Precision precision, torch::Device device);

/// How a network is computed on a device: what belongs to the machine and not to the experiment.
struct ComputePlan {
  Precision precision = Precision::fp32;  ///< never automatic
  MemoryLayout layout = MemoryLayout::channels_last;

  bool operator==(const ComputePlan&) const = default;
};

/// "fp32 channels_last".
std::string to_text(const ComputePlan& plan);
/// The plan that `to_text` wrote. Throws DataError for another text.
ComputePlan parse_compute_plan(const std::string& text);

}  // namespace mirrortune
