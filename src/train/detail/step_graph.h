#pragma once

#include <functional>
#include <memory>

#include <torch/torch.h>

namespace mirrortune {

/// Work on a CUDA device that is recorded once and then replayed as a whole, without the host's part in it.
/// What the work reads and writes must stay where it is: tensors that it is given are filled before a replay.
class StepGraph {
 public:
  /// Whether this build can record work of the device.
  static bool supports(torch::Device device);

  StepGraph();
  ~StepGraph();

  /// Calls `work` and records what it asks the device to do; none of it is done. To be called, as every
  /// replay, while a StepStream lives, after the work was done a few times without being recorded. Throws
  /// c10::Error for work that cannot be recorded; the device is then as before.
  void record(const std::function<void()>& work);
  void replay();

 private:
  struct Recording;
  std::unique_ptr<Recording> recording_;
};

/// As long as it lives, LibTorch's work goes to a stream of its own, from which graphs can be recorded; at
/// its beginning and end all other work is waited for. Does nothing on a CPU.
class StepStream {
 public:
  explicit StepStream(torch::Device device);
  ~StepStream();
  StepStream(const StepStream&) = delete;
  StepStream& operator=(const StepStream&) = delete;

 private:
  struct Guard;
  std::unique_ptr<Guard> guard_;
};

}  // namespace mirrortune
