// The kernels of cuda_step.cu: who steps which weights, and what is summed over threads and blocks.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

#include "optim/cuda_step.h"
#include "optim/detail/device_table.h"

namespace mirrortune::detail {

/// Σg² of the gradients and Σ0·g, which is 0 unless a gradient is not finite.
struct Sums {
  double squares;
  double zeros;
};

/// What kernels tell each other and the host.
struct Control {
  unsigned finished_blocks;  ///< of the kernel that runs
  int skip;                  ///< the step that runs changes nothing
  double gradient_scale;     ///< of the step that runs, if its gradients were surveyed
  Sums surveyed;             ///< of the dtypes surveyed so far
  // Of the launch that runs.
  unsigned long long zeros, sign_flips, clamped;
  // Since the host last took them; the zeros are those of the last step.
  unsigned long long total_zeros, total_sign_flips, total_clamped, total_skipped;
};

/// Whether the calling block is the last of its kernel to arrive here; what the others wrote before is then
/// visible to all its threads.
__device__ inline bool is_last_block(Control* control) {
  __shared__ bool last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    last = atomicAdd(&control->finished_blocks, 1u) == gridDim.x - 1;
    if (last) control->finished_blocks = 0;
  }
  __syncthreads();
  if (last) __threadfence();
  return last;
}

/// One dtype's part of a survey.
template <class T>
struct GradientRow {
  const T* gradient;
  std::int64_t size;
};
template <class T>
struct Survey {
  const GradientRow<T>* rows;
  const DeviceChunk* chunks;
  Sums* parts;  ///< one per block
  Control* control;
  bool first, last;  ///< of the step's surveys
  CudaStepInputs inputs;
};

/// The sum over a block's threads, in one order; returned to thread 0.
__device__ inline Sums sum_over_block(Sums own) {
  __shared__ Sums of_threads[kDeviceThreads];
  of_threads[threadIdx.x] = own;
  for (int half = kDeviceThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      of_threads[threadIdx.x].squares += of_threads[threadIdx.x + half].squares;
      of_threads[threadIdx.x].zeros += of_threads[threadIdx.x + half].zeros;
    }
  }
  return of_threads[0];
}

/// Decides from the sums over all gradients what becomes of the step.
__device__ inline void decide(const CudaStepInputs& inputs, Control& control) {
  const bool finite = control.surveyed.zeros == 0.0;
  const double unscale = inputs.loss_scale ? 1.0 / static_cast<double>(*inputs.loss_scale) : 1.0;
  control.gradient_scale = unscale;
  if (inputs.clip_norm > 0.0) {  // as torch.nn.utils.clip_grad_norm_ has it
    const double norm = sqrt(control.surveyed.squares) * unscale;
    const double shrink = inputs.clip_norm / (norm + 1e-6);
    if (shrink < 1.0) control.gradient_scale *= shrink;
  }
  control.skip = inputs.skip_nonfinite && !finite ? 1 : 0;
  control.total_skipped += static_cast<unsigned>(control.skip);
  if (inputs.found_inf) *inputs.found_inf = control.skip != 0 ? 1.0f : 0.0f;
}

template <class T>
__global__ void __launch_bounds__(kDeviceThreads) survey_kernel(Survey<T> survey) {
  const DeviceChunk chunk = survey.chunks[blockIdx.x];
  const GradientRow<T> row = survey.rows[chunk.tensor];
  const std::int64_t begin = chunk.part * kDeviceChunk;
  const std::int64_t end = min(begin + kDeviceChunk, row.size);
  Sums own{0.0, 0.0};
  for (std::int64_t i = begin + threadIdx.x; i < end; i += kDeviceThreads) {
    const double g = static_cast<double>(row.gradient[i]);
    own.squares += g * g;
    own.zeros += g * 0.0;
  }
  const Sums of_block = sum_over_block(own);
  if (threadIdx.x == 0) survey.parts[blockIdx.x] = of_block;
  if (!is_last_block(survey.control)) return;
  Sums rest{0.0, 0.0};
  for (unsigned block = threadIdx.x; block < gridDim.x; block += kDeviceThreads) {
    rest.squares += survey.parts[block].squares;
    rest.zeros += survey.parts[block].zeros;
  }
  const Sums all = sum_over_block(rest);
  if (threadIdx.x != 0) return;
  Control& control = *survey.control;
  if (survey.first) control.surveyed = Sums{0.0, 0.0};
  control.surveyed.squares += all.squares;
  control.surveyed.zeros += all.zeros;
  if (survey.last) decide(survey.inputs, control);
}

/// The launch of all tensors that one kernel steps.
struct Launch {
  const void* tensors;
  std::uint32_t num_tensors;
  const DeviceChunk* chunks;
  std::uint32_t num_chunks;
  const StepNumbers* numbers;
  Control* control;
  bool surveyed;  ///< the step's survey has decided
  bool first;     ///< of the step's launches
};

__device__ inline void add_up(unsigned long long* sum, int own) {
  const int of_warp = __reduce_add_sync(0xFFFFFFFFu, own);
  if (threadIdx.x % 32 == 0 && of_warp != 0) atomicAdd(sum, static_cast<unsigned long long>(of_warp));
}

template <bool kPlain, class T, class Chosen, class Step>
__global__ void __launch_bounds__(kDeviceThreads) step_kernel(Launch launch) {
  Control& control = *launch.control;
  if (launch.surveyed && control.skip != 0) return;
  const auto* tensors = static_cast<const DeviceTensor<T, Chosen, Step>*>(launch.tensors);
  const DeviceChunk chunk = launch.chunks[blockIdx.x];
  // Copies, in registers: what is read through pointers would be read anew after each write.
  const DeviceTensor<T, Chosen, Step> tensor = tensors[chunk.tensor];
  const StepNumbers numbers = launch.numbers[tensor.group];
  // By one thread for all: powers in double are slow.
  __shared__ WeightRules<T> shared_rules;
  if (threadIdx.x == 0) {
    shared_rules = device_rules(tensor, numbers, launch.surveyed ? control.gradient_scale : 1.0);
  }
  __syncthreads();
  const WeightRules<T> rules = shared_rules;
  const WeightCounts counts =
      step_chunk<kPlain>(tensor, numbers, rules, chunk, static_cast<int>(threadIdx.x));
  add_up(&control.zeros, counts.zeros);
  add_up(&control.sign_flips, counts.sign_flips);
  add_up(&control.clamped, counts.clamped);
  if (!is_last_block(launch.control)) return;
  for (std::uint32_t i = threadIdx.x; i < launch.num_tensors; i += kDeviceThreads) {
    const StepNumbers& own = launch.numbers[tensors[i].group];
    if (own.momentum != 0.0) ++tensors[i].steps->with_velocity;
    if (own.second_moment != 0.0) ++tensors[i].steps->with_second_moment;
  }
  if (threadIdx.x != 0) return;
  control.total_zeros = (launch.first ? 0 : control.total_zeros) + control.zeros;
  control.total_sign_flips += control.sign_flips;
  control.total_clamped += control.clamped;
  control.zeros = control.sign_flips = control.clamped = 0;
}

}  // namespace mirrortune::detail
