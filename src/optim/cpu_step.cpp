#include "optim/cpu_step.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>

#include "optim/detail/cpu_kernel.h"

namespace mirrortune {
namespace {

/// Weights of a chunk, the piece of work of one thread: small enough that tensors of any sizes share the
/// threads evenly.
constexpr std::int64_t kChunk = 32768;

/// `work(tensor, begin, end)` for every chunk of every tensor; what it returns, in the order of the chunks.
template <class Result, class T, class Work>
std::vector<Result> for_each_chunk(std::span<const TensorStep<T>> tensors, const Work& work) {
  struct Chunk {
    const TensorStep<T>* tensor;
    std::int64_t begin, end;
  };
  std::vector<Chunk> chunks;
  for (const TensorStep<T>& tensor : tensors) {
    for (std::int64_t begin = 0; begin < tensor.size; begin += kChunk) {
      chunks.push_back({&tensor, begin, std::min(begin + kChunk, tensor.size)});
    }
  }
  std::vector<Result> results(chunks.size());
  at::parallel_for(0, static_cast<std::int64_t>(chunks.size()), /*grain_size=*/1,
                   [&](std::int64_t first, std::int64_t last) {
                     for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
                       results[i] = work(*chunks[i].tensor, chunks[i].begin, chunks[i].end);
                     }
                   });
  return results;
}

}  // namespace

template <class T>
StepCounts step_on_cpu(std::span<const TensorStep<T>> tensors) {
  static const detail::SimdLevel level = detail::simd_levels().back();
  const auto counts = for_each_chunk<StepCounts>(
      tensors, [](const TensorStep<T>& tensor, std::int64_t begin, std::int64_t end) {
        return detail::step_range(tensor, begin, end, level);
      });
  StepCounts total;
  for (const StepCounts& one : counts) total += one;
  return total;
}

template <class T>
GradientSurvey survey_on_cpu(std::span<const TensorStep<T>> tensors) {
  const auto parts = for_each_chunk<detail::GradientSums>(
      tensors, [](const TensorStep<T>& tensor, std::int64_t begin, std::int64_t end) {
        return detail::sum_gradients(tensor.gradient + begin, end - begin);
      });
  detail::GradientSums total;
  for (const detail::GradientSums& part : parts) {
    total.squares += part.squares;
    total.zeros += part.zeros;
  }
  return {.norm = std::sqrt(total.squares), .finite = total.zeros == 0.0};
}

template StepCounts step_on_cpu(std::span<const TensorStep<float>>);
template StepCounts step_on_cpu(std::span<const TensorStep<double>>);
template GradientSurvey survey_on_cpu(std::span<const TensorStep<float>>);
template GradientSurvey survey_on_cpu(std::span<const TensorStep<double>>);

}  // namespace mirrortune
