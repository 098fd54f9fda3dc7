// Loops only; the formulas are those of potential/. Compiled with -fno-math-errno -fno-trapping-math
// -ffp-contract=off (see CMakeLists.txt): the compiler then makes vector code of the loops, with the bits of
// the scalar code.
#include "optim/detail/cpu_kernel.h"

#include <algorithm>
#include <array>

#include "potential/step.h"

#if defined(__x86_64__)
#define MIRRORTUNE_TARGET_AVX2 __attribute__((target("avx2,fma")))
#endif
#define MIRRORTUNE_INLINE __attribute__((always_inline)) inline

namespace mirrortune::detail {
namespace {

/// Weights at a time: what one loop leaves for the next stays in the first cache.
constexpr int kBlock = 1024;
using Buffer = std::array<float, kBlock>;

struct Block {
  float* __restrict weight;
  const float* __restrict gradient;
  float* __restrict velocity;
  int size;
};

/// What the loops over a block need besides the block.
struct Rule {
  Momentum<float> momentum;
  float rate;
  bool decays, first_velocity, nesterov;
};

/// The direction d of the step: the gradient, the velocity (which is updated), or `buffer`.
MIRRORTUNE_INLINE const float* direction_of(const Block& block, const Rule& rule, Buffer& buffer) {
  const float* gradient = block.gradient;
  if (rule.decays) {
    for (int i = 0; i < block.size; ++i) buffer[i] = rule.momentum.decayed(gradient[i], block.weight[i]);
    gradient = buffer.data();
  }
  if (!block.velocity) return gradient;
  if (rule.first_velocity) {
    std::copy_n(gradient, block.size, block.velocity);
  } else {
    for (int i = 0; i < block.size; ++i) {
      block.velocity[i] = rule.momentum.velocity(gradient[i], block.velocity[i]);
    }
  }
  if (!rule.nesterov) return block.velocity;
  for (int i = 0; i < block.size; ++i) buffer[i] = rule.momentum.nesterov(gradient[i], block.velocity[i]);
  return buffer.data();
}

/// What became of one weight; the counts of a block are small integers, which compilers sum in vector code.
struct BlockCounts {
  int zeros = 0, sign_flips = 0, clamped = 0;

  template <class Step>
  MIRRORTUNE_INLINE void add(const Step& step, float before, float after, float increment) {
    zeros += after == 0.0f ? 1 : 0;
    if constexpr (Step::kFlips) {
      sign_flips += (before > 0.0f && after < 0.0f) || (before < 0.0f && after > 0.0f) ? 1 : 0;
    }
    if constexpr (Step::kClamps) clamped += step.clamps(before, increment) ? 1 : 0;
  }
  MIRRORTUNE_INLINE void add_to(StepCounts& counts) const {
    counts.zeros += zeros;
    counts.sign_flips += sign_flips;
    counts.clamped += clamped;
  }
};

/// Moves the weights of a block along `direction`, and counts what happened.
template <class Step>
MIRRORTUNE_INLINE void move_block(const Block& block, const float* __restrict direction, float rate,
                                  const Step& step, StepCounts& counts) {
  float* __restrict weight = block.weight;
  BlockCounts here;
  if constexpr (Step::kMayFail) {
    Buffer moved;
    int invalid = 0;
    for (int i = 0; i < block.size; ++i) {
      const Attempt<float> attempt = step.attempt(weight[i], direction[i], rate);
      moved[i] = attempt.weight;
      invalid += attempt.valid ? 0 : 1;
    }
    if (invalid > 0) {
      for (int i = 0; i < block.size; ++i) moved[i] = take_step(step, weight[i], direction[i], rate);
    }
    for (int i = 0; i < block.size; ++i) {
      here.add(step, weight[i], moved[i], direction[i] * rate);
      weight[i] = moved[i];
    }
  } else {
    for (int i = 0; i < block.size; ++i) {
      const float after = step.attempt(weight[i], direction[i], rate).weight;
      here.add(step, weight[i], after, direction[i] * rate);
      weight[i] = after;
    }
  }
  here.add_to(counts);
}

template <class Step>
MIRRORTUNE_INLINE StepCounts step_blocks(const Block& range, const Rule& rule, const Step& step) {
  StepCounts counts;
  Buffer buffer;
  for (int start = 0; start < range.size; start += kBlock) {
    const Block block{range.weight + start, range.gradient + start,
                      range.velocity ? range.velocity + start : nullptr,
                      std::min(kBlock, range.size - start)};
    move_block(block, direction_of(block, rule, buffer), rule.rate, step, counts);
  }
  return counts;
}

template <class Step>
StepCounts step_portably(const Block& range, const Rule& rule, const Step& step) {
  return step_blocks(range, rule, step);
}

#ifdef MIRRORTUNE_TARGET_AVX2
template <class Step>
MIRRORTUNE_TARGET_AVX2 StepCounts step_with_avx2(const Block& range, const Rule& rule, const Step& step) {
  return step_blocks(range, rule, step);
}
#endif

Rule rule_of(const TensorStep& tensor) {
  const StepSettings& settings = *tensor.settings;
  return {.momentum = {.momentum = static_cast<float>(settings.momentum),
                       .gradient_share = static_cast<float>(1.0 - settings.dampening),
                       .weight_decay = static_cast<float>(settings.weight_decay)},
          .rate = 0.0f,
          .decays = settings.weight_decay != 0.0,
          .first_velocity = tensor.first_velocity,
          .nesterov = settings.nesterov};
}

}  // namespace

StepCounts step_range(const TensorStep& tensor, std::int64_t begin, std::int64_t end) {
  const Block range{tensor.weight + begin, tensor.gradient + begin,
                    tensor.velocity ? tensor.velocity + begin : nullptr, static_cast<int>(end - begin)};
  Rule rule = rule_of(tensor);
  return visit_step(tensor.settings->potential, tensor.scale, [&](const auto& step, double factor) {
    rule.rate = finite_rate<float>(-tensor.settings->lr * factor);
#ifdef MIRRORTUNE_TARGET_AVX2
    static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (has_avx2) return step_with_avx2(range, rule, step);
#endif
    return step_portably(range, rule, step);
  });
}

}  // namespace mirrortune::detail
