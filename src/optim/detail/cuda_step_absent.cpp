// The same functions as cuda_step.cu, for builds without CUDA.
#include "base/error.h"
#include "optim/cuda_step.h"
#include "optim/detail/cuda_stream.h"

namespace mirrortune {
namespace {

[[noreturn]] void throw_no_cuda() {
  throw DeviceError({.what = "cannot take a step of mirror descent on a CUDA device",
                     .why = "this program was built without CUDA",
                     .safe = "The weights are as they were",
                     .todo = "Move the parameters to the CPU, or build with a CUDA LibTorch and nvcc"});
}

}  // namespace

struct CudaStepper::Memory {};

bool has_cuda_step() { return false; }

CudaStepper::CudaStepper() { throw_no_cuda(); }
CudaStepper::~CudaStepper() = default;
void CudaStepper::step(std::span<const TensorStep<float>> /*single*/,
                       std::span<const TensorStep<double>> /*wide*/, const CudaStepInputs& /*inputs*/) {
  throw_no_cuda();
}
void CudaStepper::refresh_captured(std::span<const StepSettings> /*groups*/, void* /*stream*/) {
  throw_no_cuda();
}
StepCounts CudaStepper::take_counts(void* /*stream*/) { throw_no_cuda(); }

detail::CudaStream detail::current_cuda_stream(c10::Device /*device*/) { throw_no_cuda(); }

}  // namespace mirrortune
