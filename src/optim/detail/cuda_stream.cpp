#include "optim/detail/cuda_stream.h"

#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/cuda/CUDAStream.h>

namespace mirrortune::detail {

CudaStream current_cuda_stream(c10::Device device) {
  return {.handle = c10::cuda::getCurrentCUDAStream(device.index()).stream(),
          .captured = c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None};
}

}  // namespace mirrortune::detail
