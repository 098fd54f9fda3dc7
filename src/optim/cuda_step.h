#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "optim/tensor_step.h"

namespace mirrortune {

/// What a step on a CUDA device is told besides its tensors. Pointers are to the device's memory, read when
/// the step runs: a captured step follows what stands there at each replay.
struct CudaStepInputs {
  /// Of the parameter groups; every tensor's `settings` points into it.
  std::span<const StepSettings> groups = {};
  void* stream = nullptr;             ///< the cudaStream_t that it runs on
  bool captured = false;              ///< it is being recorded into a graph, and gets tables of its own
  bool skip_nonfinite = false;        ///< change nothing if a gradient is not finite, and count it
  double clip_norm = 0.0;             ///< of all gradients together, after `loss_scale` is taken out; 0: off
  const float* loss_scale = nullptr;  ///< gradients are divided by it; null: 1
  float* found_inf = nullptr;  ///< set to 1 if the step was skipped, otherwise to 0; null: not asked for
};

/// Whether this build can step tensors on a CUDA device.
bool has_cuda_step();

/// Steps all tensors of a network on one CUDA device by one launch (one more reads the gradients if they are
/// clipped or looked through, and a potential per group makes a launch per potential). The tables of pointers
/// stay in the device's memory and are sent there anew only when they change. The weights have the bits of
/// step_on_cpu, but for Adam's corrections, whose powers are the device's own, and the few steps that
/// potentials compute in double.
///
/// Construct it and call it with its device current. Throws DeviceError for what CUDA refuses, and in a build
/// without CUDA.
class CudaStepper {
 public:
  CudaStepper();
  ~CudaStepper();
  CudaStepper(const CudaStepper&) = delete;
  CudaStepper& operator=(const CudaStepper&) = delete;

  /// The tensors' pointers are to the device's memory; every tensor has `device_steps`.
  void step(std::span<const TensorStep<float>> single, std::span<const TensorStep<double>> wide,
            const CudaStepInputs& inputs);
  /// Sends the numbers of the groups, such as the learning rate, to the captured steps, for their next
  /// replays. There are as many groups as when they were captured.
  void refresh_captured(std::span<const StepSettings> groups, void* stream);
  /// The counts since the last call, after waiting for the stream.
  StepCounts take_counts(void* stream);

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace mirrortune
