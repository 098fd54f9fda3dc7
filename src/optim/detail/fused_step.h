#pragma once

#include <vector>

#include <torch/types.h>

#include "optim/cpu_step.h"
#include "optim/cuda_step.h"
#include "optim/mirror_descent.h"

namespace mirrortune::detail {

/// Tensors in, plain arrays out: collects the parameters of one step, then takes it.
class FusedStep {
 public:
  /// Adds a parameter. Nothing of it is changed, and nothing is kept of its state, before `run`. Throws
  /// ConfigError if it cannot be stepped.
  void add(const torch::Tensor& parameter, MirrorDescentState& state, const StepSettings& settings);

  /// Reads all gradients once; parameters on the CPU only.
  GradientSurvey survey() const;

  /// Steps everything, with all gradients times `gradient_scale`; parameters on the CPU only.
  StepCounts run(double gradient_scale);

  /// The same for parameters on a CUDA device, on its current stream. The stepper counts.
  void run_on_cuda(CudaStepper& stepper, const CudaStepInputs& inputs);

 private:
  struct Item {
    torch::Tensor parameter;  ///< as the user holds it
    torch::Tensor weight;     ///< what is stepped: float32 or float64, without gaps
    torch::Tensor gradient;   ///< in the dtype and the memory order of `weight`
    MirrorDescentState* state;
    const StepSettings* settings;
  };

  template <class T, class Make>
  std::vector<TensorStep<T>> tensors(const Make& make) const;
  template <class T>
  std::vector<TensorStep<T>> prepare(double gradient_scale);
  void finish();

  std::vector<Item> items_;
};

}  // namespace mirrortune::detail
