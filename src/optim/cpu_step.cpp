#include "optim/cpu_step.h"

#include <algorithm>
#include <vector>

#include <ATen/Parallel.h>

#include "optim/detail/cpu_kernel.h"

namespace mirrortune {
namespace {

/// Weights of a chunk, the piece of work of one thread: small enough that tensors of any sizes share the
/// threads evenly.
constexpr std::int64_t kChunk = 32768;

struct Chunk {
  const TensorStep* tensor;
  std::int64_t begin, end;
};

std::vector<Chunk> chunks_of(std::span<const TensorStep> tensors) {
  std::vector<Chunk> chunks;
  for (const TensorStep& tensor : tensors) {
    for (std::int64_t begin = 0; begin < tensor.size; begin += kChunk) {
      chunks.push_back({&tensor, begin, std::min(begin + kChunk, tensor.size)});
    }
  }
  return chunks;
}

}  // namespace

StepCounts step_on_cpu(std::span<const TensorStep> tensors) {
  const std::vector<Chunk> chunks = chunks_of(tensors);
  std::vector<StepCounts> counts(chunks.size());
  at::parallel_for(0, static_cast<std::int64_t>(chunks.size()), /*grain_size=*/1,
                   [&](std::int64_t first, std::int64_t last) {
                     for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
                       counts[i] = detail::step_range(*chunks[i].tensor, chunks[i].begin, chunks[i].end);
                     }
                   });
  StepCounts total;
  for (const StepCounts& one : counts) {
    total.zeros += one.zeros;
    total.sign_flips += one.sign_flips;
    total.clamped += one.clamped;
  }
  return total;
}

}  // namespace mirrortune
