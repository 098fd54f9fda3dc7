#pragma once

#include <cstdint>
#include <vector>

#include "optim/tensor_step.h"

namespace mirrortune::detail {

/// Instruction sets that the loops are compiled for; the bits are those of `portable` in all of them.
enum class SimdLevel { portable, avx2, avx512 };

/// Those that this processor has, the best one last.
std::vector<SimdLevel> simd_levels();

/// Steps the weights `begin` … `end` − 1 of a tensor on the calling thread. T is float or double.
template <class T>
StepCounts step_range(const TensorStep<T>& tensor, std::int64_t begin, std::int64_t end, SimdLevel level);

/// Σg², in double, and Σ0·g, which is 0 unless a gradient is not finite.
struct GradientSums {
  double squares = 0.0, zeros = 0.0;
};
template <class T>
GradientSums sum_gradients(const T* gradient, std::int64_t size);

}  // namespace mirrortune::detail
