#include "train/detail/step_graph.h"

#include <mutex>

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace mirrortune {
namespace {

/// Held while work is recorded, and by a thread that waits for the whole device, which would spoil a
/// recording of another.
std::mutex& recording_mutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

bool StepGraph::supports(torch::Device device) { return device.is_cuda(); }

struct StepGraph::Recording {
  at::cuda::CUDAGraph graph;
};

StepGraph::StepGraph() = default;
StepGraph::~StepGraph() = default;

void StepGraph::record(const std::function<void()>& work) {
  const std::lock_guard lock(recording_mutex());
  c10::cuda::device_synchronize();
  auto recording = std::make_unique<Recording>();
  // Other threads of the process (the autograd engine's among them) may go on using the device.
  recording->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
  try {
    work();
  } catch (...) {
    try {
      recording->graph.capture_end();
    } catch (const c10::Error&) {
      // It says again that the recording failed; the error that is on its way says why.
    }
    throw;
  }
  recording->graph.capture_end();
  recording_ = std::move(recording);
}

void StepGraph::replay() { recording_->graph.replay(); }

struct StepStream::Guard {
  c10::cuda::CUDAStreamGuard stream;
};

StepStream::StepStream(torch::Device device) {
  if (!device.is_cuda()) return;
  const c10::cuda::CUDAGuard on_device(device.index());
  const std::lock_guard lock(recording_mutex());
  c10::cuda::device_synchronize();
  guard_.reset(new Guard{
      c10::cuda::CUDAStreamGuard(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index()))});
}

StepStream::~StepStream() {
  if (guard_) guard_->stream.current_stream().synchronize();
}

}  // namespace mirrortune
