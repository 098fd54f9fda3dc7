#include "optim/cpu_step.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <vector>

#include <ATen/Parallel.h>

#include "optim/detail/cpu_kernel.h"

namespace mirrortune {
namespace {

/// Weights of a chunk, the piece of work of one thread: small enough that tensors of any sizes share the
/// threads evenly.
constexpr std::int64_t kChunk = 32768;

/// `work(i)` for all i below `count`, on all threads. Each has a part of its own, the same in every step, so
/// that it finds it in its caches; one that is done helps the others, which may have a slower core.
template <class Work>
void share_out(std::size_t count, const Work& work) {
  struct alignas(64) Part {  // a cache line: threads do not wait for each other's
    std::atomic<std::size_t> next = 0;
    std::size_t end = 0;
  };
  const auto threads = static_cast<std::size_t>(at::get_num_threads());
  std::vector<Part> parts(threads);
  for (std::size_t t = 0; t < threads; ++t) {
    parts[t].next = count * t / threads;
    parts[t].end = count * (t + 1) / threads;
  }
  at::parallel_for(0, static_cast<std::int64_t>(threads), /*grain_size=*/1,
                   [&](std::int64_t first, std::int64_t /*last*/) {
                     for (std::size_t t = 0; t < threads; ++t) {
                       Part& part = parts[(static_cast<std::size_t>(first) + t) % threads];
                       for (std::size_t i = part.next++; i < part.end; i = part.next++) work(i);
                     }
                   });
}

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
  share_out(chunks.size(),
            [&](std::size_t i) { results[i] = work(*chunks[i].tensor, chunks[i].begin, chunks[i].end); });
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
