#pragma once

#include <span>

#include "optim/tensor_step.h"

namespace mirrortune {

/// Steps all tensors in one pass on LibTorch's threads: what a step needs is read once, and what it changes
/// written once. The same bits for any number of threads and on any processor. T is float or double.
template <class T>
StepCounts step_on_cpu(std::span<const TensorStep<T>> tensors);

/// Of all gradients together.
struct GradientSurvey {
  double norm = 0.0;  ///< √Σg²; not finite if a gradient is not
  bool finite = true;
};

/// Reads all gradients once. The same bits for any number of threads.
template <class T>
GradientSurvey survey_on_cpu(std::span<const TensorStep<T>> tensors);

}  // namespace mirrortune
