#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "optim/tensor_step.h"
#include "optim/weight_step.h"

/// The network as device code steps it: tables of plain structs in the device's memory, and what one thread
/// of a kernel does with them. Nothing here is CUDA's own, so that tests run every thread on the CPU.
namespace mirrortune::detail {

/// Weights of a chunk, the work of one block of threads.
inline constexpr std::int64_t kDeviceChunk = 4096;
inline constexpr int kDeviceThreads = 256;

/// Numbers that are read and written by one access of 16 bytes.
template <class T>
struct alignas(16) Pack {
  static constexpr int kSize = 16 / sizeof(T);
  T values[kSize];
};

/// One tensor of a step. Pointers are to the device's memory; those of states not in use are null.
template <class T, class Chosen, class Step>
struct DeviceTensor {
  T* weight;
  const T* gradient;
  T* velocity;
  T* second_moment;
  const T* start;
  T* direction_sum;
  T* plus;
  T* minus;
  std::int64_t size;
  DeviceStepNumbers* steps;  ///< counted by the kernel, as only it knows whether a step was skipped
  double scale;              ///< of the dual increments
  double rate;               ///< the part of the scale that `step` leaves to its rate
  std::int32_t group;        ///< whose numbers it follows
  bool aligned;              ///< all arrays begin at a multiple of 16 bytes
  Chosen potential;
  Step step;
};

/// A part of a tensor: its number in the table, and which chunk of it this is.
struct DeviceChunk {
  std::uint32_t tensor;
  std::uint32_t part;
};

/// The chunks of tensors of these sizes, in their order.
template <class Sizes>
std::vector<DeviceChunk> chunks_of(const Sizes& sizes) {
  std::vector<DeviceChunk> chunks;
  std::uint32_t tensor = 0;
  for (const std::int64_t size : sizes) {
    for (std::int64_t part = 0; part * kDeviceChunk < size; ++part) {
      chunks.push_back({tensor, static_cast<std::uint32_t>(part)});
    }
    ++tensor;
  }
  return chunks;
}

/// The table's row of a tensor.
template <class T, class Chosen, class Step>
DeviceTensor<T, Chosen, Step> device_tensor(const TensorStep<T>& tensor, std::int32_t group, double rate,
                                            const Chosen& potential, const Step& step) {
  // Rows are copied to the device byte by byte.
  static_assert(std::is_trivially_copyable_v<DeviceTensor<T, Chosen, Step>>);
  const void* const arrays[] = {tensor.weight, tensor.gradient,      tensor.velocity, tensor.second_moment,
                                tensor.start,  tensor.direction_sum, tensor.plus,     tensor.minus};
  const bool aligned = std::all_of(std::begin(arrays), std::end(arrays), [](const void* array) {
    return reinterpret_cast<std::uintptr_t>(array) % sizeof(Pack<T>) == 0;
  });
  return {tensor.weight,   tensor.gradient,
          tensor.velocity, tensor.second_moment,
          tensor.start,    tensor.direction_sum,
          tensor.plus,     tensor.minus,
          tensor.size,     tensor.device_steps,
          tensor.scale,    rate,
          group,           aligned,
          potential,       step};
}

/// The rules of a tensor at the step that its counters stand at.
template <class T, class Chosen, class Step>
MIRRORTUNE_HD WeightRules<T> device_rules(const DeviceTensor<T, Chosen, Step>& tensor,
                                          const StepNumbers& numbers, double gradient_scale) {
  TensorScales scales;
  scales.increment = tensor.scale;
  scales.rate = tensor.rate;
  scales.gradient = gradient_scale;
  scales.first_velocity = numbers.momentum != 0.0 && tensor.steps->with_velocity == 0;
  scales.step_number = static_cast<double>(tensor.steps->with_second_moment + 1);
  return weight_rules<T>(numbers, scales);
}

/// `kCount` neighbours of an array, by one access if they make a pack; zeros if there is no array.
template <int kCount, class T>
MIRRORTUNE_HD inline void read_neighbours(const T* array, std::int64_t first, T (&values)[kCount]) {
  if (array == nullptr) {
    for (T& value : values) value = T(0);
  } else if constexpr (kCount == 1) {
    values[0] = array[first];
  } else {
    const auto pack = *reinterpret_cast<const Pack<T>*>(array + first);
    for (int i = 0; i < kCount; ++i) values[i] = pack.values[i];
  }
}
template <int kCount, class T>
MIRRORTUNE_HD inline void write_neighbours(T* array, std::int64_t first, const T (&values)[kCount]) {
  if (array == nullptr) return;
  if constexpr (kCount == 1) {
    array[first] = values[0];
  } else {
    Pack<T> pack;
    for (int i = 0; i < kCount; ++i) pack.values[i] = values[i];
    *reinterpret_cast<Pack<T>*>(array + first) = pack;
  }
}

/// Steps `kCount` neighbours.
template <int kCount, bool kPlain, class T, class Chosen, class Step>
MIRRORTUNE_HD inline void step_neighbours(const DeviceTensor<T, Chosen, Step>& tensor,
                                          const StepNumbers& numbers, const WeightRules<T>& rules,
                                          std::int64_t first, WeightCounts& counts) {
  T weight[kCount], gradient[kCount], velocity[kCount];
  read_neighbours(tensor.weight, first, weight);
  read_neighbours(tensor.gradient, first, gradient);
  read_neighbours(tensor.velocity, first, velocity);
  T second_moment[kCount], start[kCount], direction_sum[kCount], plus[kCount], minus[kCount];
  if constexpr (!kPlain) {
    read_neighbours(tensor.second_moment, first, second_moment);
    read_neighbours(tensor.start, first, start);
    read_neighbours(tensor.direction_sum, first, direction_sum);
    read_neighbours(tensor.plus, first, plus);
    read_neighbours(tensor.minus, first, minus);
  }
  for (int i = 0; i < kCount; ++i) {
    WeightState<T> state;
    state.weight = weight[i];
    state.velocity = velocity[i];
    if constexpr (kPlain) {
      step_weight<kPlain>(numbers, rules, tensor.potential, tensor.step, gradient[i], T(0), state, counts);
    } else {
      state.second_moment = second_moment[i];
      state.direction_sum = direction_sum[i];
      state.plus = plus[i];
      state.minus = minus[i];
      step_weight<kPlain>(numbers, rules, tensor.potential, tensor.step, gradient[i], start[i], state,
                          counts);
      second_moment[i] = state.second_moment;
      direction_sum[i] = state.direction_sum;
      plus[i] = state.plus;
      minus[i] = state.minus;
    }
    weight[i] = state.weight;
    velocity[i] = state.velocity;
  }
  write_neighbours(tensor.weight, first, weight);
  write_neighbours(tensor.velocity, first, velocity);
  if constexpr (!kPlain) {
    write_neighbours(tensor.second_moment, first, second_moment);
    write_neighbours(tensor.direction_sum, first, direction_sum);
    write_neighbours(tensor.plus, first, plus);
    write_neighbours(tensor.minus, first, minus);
  }
}

/// The work of one thread of the block that has a chunk: neighbouring threads step neighbouring packs.
/// Weights that make no pack, or are not aligned, are stepped one by one.
template <bool kPlain, class T, class Chosen, class Step>
MIRRORTUNE_HD WeightCounts step_chunk(const DeviceTensor<T, Chosen, Step>& tensor, const StepNumbers& numbers,
                                      const WeightRules<T>& rules, DeviceChunk chunk, int thread) {
  // With every option kernels are large, and one access per weight is nearly as fast.
  constexpr int kPack = kPlain ? Pack<T>::kSize : 1;
  const std::int64_t begin = chunk.part * kDeviceChunk;
  const std::int64_t end = begin + kDeviceChunk < tensor.size ? begin + kDeviceChunk : tensor.size;
  WeightCounts counts;
  std::int64_t singles = begin;
  if (kPack > 1 && tensor.aligned) {
    singles = end - (end - begin) % kPack;
    for (std::int64_t i = begin + thread * kPack; i < singles; i += kDeviceThreads * kPack) {
      step_neighbours<kPack, kPlain>(tensor, numbers, rules, i, counts);
    }
  }
  for (std::int64_t i = singles + thread; i < end; i += kDeviceThreads) {
    step_neighbours<1, kPlain>(tensor, numbers, rules, i, counts);
  }
  return counts;
}

}  // namespace mirrortune::detail
