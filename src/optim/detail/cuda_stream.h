#pragma once

#include <c10/core/Device.h>

namespace mirrortune::detail {

struct CudaStream {
  void* handle = nullptr;  ///< a cudaStream_t
  bool captured = false;   ///< what it is given is recorded into a graph
};

/// LibTorch's current stream of a CUDA device. Throws DeviceError in a build without CUDA.
CudaStream current_cuda_stream(c10::Device device);

}  // namespace mirrortune::detail
