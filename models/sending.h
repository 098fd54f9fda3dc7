#pragma once

#include <torch/torch.h>

namespace mirrortune {

/// For a new tensor of the host that `sent_to` sends without copying it first.
inline torch::TensorOptions for_sending(torch::Device device, torch::ScalarType type) {
  return torch::TensorOptions(type).pinned_memory(device.is_cuda());
}

/// A tensor of the host on the device. A GPU is not waited for, so that it is never without work.
inline torch::Tensor sent_to(torch::Device device, const torch::Tensor& tensor) {
  return device.is_cuda() ? tensor.pin_memory().to(device, /*non_blocking=*/true) : tensor;
}

}  // namespace mirrortune
