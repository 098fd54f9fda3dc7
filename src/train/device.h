#pragma once

#include <string>

#include <torch/torch.h>

namespace mirrortune {

/// `auto` (CUDA if there is a device, else CPU), `cpu`, `cuda`, `cuda:N`. Throws DeviceError if CUDA is asked
/// for and absent, ConfigError for another text.
torch::Device choose_device(const std::string& text);

/// "cpu", "cuda:0".
std::string to_text(torch::Device device);

struct ComputeOptions {
  int threads = 0;  ///< 0: as many as the process may use cores
  bool deterministic = true;
};

/// Sets LibTorch's threads and its deterministic algorithms for this process, and has the C library
/// keep freed memory (base/memory_policy.h). Returns the number of threads.
int prepare_compute(const ComputeOptions& options);

}  // namespace mirrortune
