// Loops only; the formulas are those of potential/ and weight_rules.h. Compiled with -fno-math-errno
// -fno-trapping-math -ffp-contract=off (see CMakeLists.txt): the compiler then makes vector code of the
// loops, with the bits of the scalar code.
#include "optim/detail/cpu_kernel.h"

#include <algorithm>
#include <array>

#include "optim/weight_rules.h"
#include "potential/step.h"

#if defined(__x86_64__)
#define MIRRORTUNE_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define MIRRORTUNE_TARGET_AVX512 \
  __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,fma,prefer-vector-width=512")))
#endif
#define MIRRORTUNE_INLINE __attribute__((always_inline)) inline

namespace mirrortune::detail {
namespace {

/// Weights at a time: what one loop leaves for the next stays in the first cache, and to sum a tile's counts
/// takes little of its time.
constexpr int kTile = 1024;
template <class T>
using Buffer = std::array<T, kTile>;

/// The arrays that one loop steps; `velocity` is null where the gradients are the directions already.
template <class T>
struct Tile {
  T* __restrict weight;
  const T* __restrict gradient;
  T* __restrict velocity;
  int size;

  /// The direction of a weight, once its velocity is that of this step.
  template <bool kVelocity, class Rule>
  MIRRORTUNE_INLINE T direction(const Rule& rule, T w, int i) const {
    const T own = rule.gradient(gradient[i], w);
    if constexpr (kVelocity) return rule.direction(own, velocity[i]);
    return own;
  }
};

/// Counts a weight whose attempt succeeded: it takes every increment as it is.
template <class Step, class T>
MIRRORTUNE_INLINE void add_attempt(WeightCounts& counts, const Step& /*step*/, T before, T after) {
  counts.zeros += after == T(0) ? 1 : 0;
  if constexpr (Step::kAttemptFlips) counts.sign_flips += WeightCounts::flips(before, after) ? 1 : 0;
}

/// Retries all failed weights of a tile in one loop. Returns how many are left.
template <bool kVelocity, class T, class Rule, class Step>
MIRRORTUNE_INLINE int retry_tile(const Tile<T>& tile, const Buffer<T>& before, const Rule& rule, T rate,
                                 const Step& step, WeightCounts& counts) {
  WeightCounts all;  // and not only those retried: one loop counts as fast as it steps
  int failures = 0;
  for (int i = 0; i < tile.size; ++i) {
    const T w = before[i], first = tile.weight[i];
    const T direction = tile.template direction<kVelocity>(rule, w, i);
    const T moved = choose(std::isnan(first), step.retry(w, direction, rate), first);
    tile.weight[i] = moved;
    all.add(step, w, moved, direction * rate);
    failures += std::isnan(moved) ? 1 : 0;
  }
  counts = all;
  return failures;
}

/// Mends the failed weights of a tile one by one.
template <bool kVelocity, class T, class Rule, class Step>
MIRRORTUNE_INLINE void mend_tile(const Tile<T>& tile, const Buffer<T>& before, const Rule& rule, T rate,
                                 const Step& step, int failures, WeightCounts& counts) {
  constexpr int kBlock = 32;  // a loop looks through it faster than one looks at its weights
  for (int begin = 0; failures > 0; begin += kBlock) {
    const int end = std::min(begin + kBlock, tile.size);
    int here = 0;
    for (int i = begin; i < end; ++i) here += std::isnan(tile.weight[i]) ? 1 : 0;
    failures -= here;
    for (int i = begin; here > 0; ++i) {
      if (!std::isnan(tile.weight[i])) continue;
      --here;
      const T w = before[i];
      const T direction = tile.template direction<kVelocity>(rule, w, i);
      tile.weight[i] = mend_step(step, w, direction, rate);
      counts.add(step, w, tile.weight[i], direction * rate);
    }
  }
}

/// Steps a tile in one loop, then mends the weights whose attempt failed: many of them in a second loop.
template <bool kVelocity, class T, class Rule, class Step>
MIRRORTUNE_INLINE WeightCounts step_tile(const Tile<T>& tile, const Rule& rule, T rate, const Step& step) {
  WeightCounts counts;
  Buffer<T> before;
  int failures = 0;
  for (int i = 0; i < tile.size; ++i) {
    const T w = tile.weight[i];
    T direction = rule.gradient(tile.gradient[i], w);
    if constexpr (kVelocity) {
      const T velocity = rule.velocity(direction, tile.velocity[i]);
      tile.velocity[i] = velocity;
      direction = rule.direction(direction, velocity);
    }
    const T moved = step.attempt(w, direction, rate);
    tile.weight[i] = moved;
    if constexpr (sizeof(T) == sizeof(float)) {
      add_attempt(counts, step, w, moved);
    } else {
      counts.add(step, w, moved, direction * rate);  // an attempt in double is the full step
    }
    if constexpr (may_fail<Step>) {
      before[i] = w;
      failures += std::isnan(moved) ? 1 : 0;
    }
  }
  if constexpr (may_fail<Step>) {
    if constexpr (has_retry<Step> && sizeof(T) == sizeof(float)) {
      constexpr int kFew = kTile / 16;
      if (failures > kFew) failures = retry_tile<kVelocity>(tile, before, rule, rate, step, counts);
    }
    if (failures > 0) mend_tile<kVelocity>(tile, before, rule, rate, step, failures, counts);
  }
  return counts;
}

/// Everything but the plain step: the direction first, into a buffer, then what is done to the weights.
template <class T>
class StagedTile {
 public:
  MIRRORTUNE_INLINE StagedTile(const TensorStep<T>& tensor, std::int64_t begin, int size)
      : tensor_(tensor), settings_(*tensor.settings), begin_(begin), size_(size) {}

  template <class Step>
  MIRRORTUNE_INLINE WeightCounts run(const WeightRules<T>& rules, const Step& step) {
    Buffer<T> before;
    T* weight = tensor_.weight + begin_;
    std::copy_n(weight, size_, before.data());
    find_directions(rules, weight);
    WeightCounts counts;
    switch (settings_.form) {
      case Form::mirror_descent:
        prepare_weights(rules, weight);
        counts = move(weight, direction_.data(), rules.rate, step);
        break;
      case Form::dual_averaging:
        counts = move_from_the_start(weight, rules.rate, step);
        break;
      case Form::pair:
        counts = move_pair(weight, rules.rate, step);
        break;
    }
    counts.zeros = counts.sign_flips = 0;  // those of the weights as they were and are
    for (int i = 0; i < size_; ++i) {
      if (settings_.zeros == ZeroPolicy::mask && before[i] == T(0)) weight[i] = before[i];
      counts.zeros += weight[i] == T(0) ? 1 : 0;
      counts.sign_flips += WeightCounts::flips(before[i], weight[i]) ? 1 : 0;
    }
    return counts;
  }

 private:
  MIRRORTUNE_INLINE void find_directions(const WeightRules<T>& rules, const T* weight) {
    const T* raw = tensor_.gradient + begin_;
    Buffer<T> gradient;
    for (int i = 0; i < size_; ++i) gradient[i] = rules.direction.gradient(raw[i], weight[i]);
    if (T* velocity = at(tensor_.velocity)) {
      for (int i = 0; i < size_; ++i) {
        velocity[i] = rules.direction.velocity(gradient[i], velocity[i]);
        direction_[i] = rules.direction.direction(gradient[i], velocity[i]);
      }
    } else {
      direction_ = gradient;
    }
    if (T* moment = at(tensor_.second_moment)) {
      const SecondMomentRule<T>& adam = rules.second_moment;
      for (int i = 0; i < size_; ++i) {
        moment[i] = adam.second_moment(gradient[i], moment[i]);
        direction_[i] = adam.direction(direction_[i], moment[i]);
      }
    }
  }

  MIRRORTUNE_INLINE void prepare_weights(const WeightRules<T>& rules, T* weight) {
    if (rules.zero_eps != T(0)) {
      for (int i = 0; i < size_; ++i) weight[i] = away_from_zero(weight[i], direction_[i], rules.zero_eps);
    }
    if (rules.kept != T(1)) {
      for (int i = 0; i < size_; ++i) weight[i] *= rules.kept;
    }
    if (rules.pull != T(0)) {
      const T* start = tensor_.start + begin_;
      std::visit(
          [&](const auto& potential) {
            for (int i = 0; i < size_; ++i) {
              direction_[i] += bregman_pull(potential, weight[i], start[i], rules.pull);
            }
          },
          settings_.potential);
    }
  }

  template <class Step>
  MIRRORTUNE_INLINE WeightCounts move(T* weight, const T* direction, T rate, const Step& step) {
    return step_tile<false>(Tile<T>{weight, direction, nullptr, size_}, DirectionRule<T>{}, rate, step);
  }

  template <class Step>
  MIRRORTUNE_INLINE WeightCounts move_from_the_start(T* weight, T rate, const Step& step) {
    T* sum = at(tensor_.direction_sum);
    for (int i = 0; i < size_; ++i) sum[i] += direction_[i];
    std::copy_n(tensor_.start + begin_, size_, weight);
    return move(weight, sum, rate, step);
  }

  template <class Step>
  MIRRORTUNE_INLINE WeightCounts move_pair(T* weight, T rate, const Step& step) {
    T *plus = at(tensor_.plus), *minus = at(tensor_.minus);
    WeightCounts counts = move(plus, direction_.data(), rate, step);
    counts.clamped += move(minus, direction_.data(), -rate, step).clamped;
    for (int i = 0; i < size_; ++i) weight[i] = plus[i] - minus[i];
    return counts;
  }

  MIRRORTUNE_INLINE T* at(T* array) const { return array ? array + begin_ : nullptr; }

  const TensorStep<T>& tensor_;
  const StepSettings& settings_;
  std::int64_t begin_;
  int size_;
  Buffer<T> direction_;
};

template <class T, class Step>
MIRRORTUNE_INLINE StepCounts step_tiles(const TensorStep<T>& tensor, std::int64_t begin, std::int64_t end,
                                        const WeightRules<T>& rules, const Step& step) {
  StepCounts counts;
  const bool plain = tensor.settings->is_plain();
  const bool momentum_alone = rules.direction.is_momentum_alone();
  for (; begin < end; begin += kTile) {
    const int size = static_cast<int>(std::min<std::int64_t>(kTile, end - begin));
    const Tile<T> tile{tensor.weight + begin, tensor.gradient + begin,
                       tensor.velocity ? tensor.velocity + begin : nullptr, size};
    WeightCounts here;
    if (!plain) {
      here = StagedTile<T>(tensor, begin, size).run(rules, step);
    } else if (tile.velocity && momentum_alone) {
      here = step_tile<true>(tile, MomentumRule<T>{rules.direction}, rules.rate, step);
    } else if (tile.velocity) {
      here = step_tile<true>(tile, rules.direction, rules.rate, step);
    } else {
      here = step_tile<false>(tile, rules.direction, rules.rate, step);
    }
    counts += {.zeros = here.zeros, .sign_flips = here.sign_flips, .clamped = here.clamped};
  }
  return counts;
}

template <class T, class Step>
StepCounts step_portably(const TensorStep<T>& tensor, std::int64_t begin, std::int64_t end,
                         const WeightRules<T>& rules, const Step& step) {
  return step_tiles(tensor, begin, end, rules, step);
}

#ifdef MIRRORTUNE_TARGET_AVX2
template <class T, class Step>
MIRRORTUNE_TARGET_AVX2 StepCounts step_with_avx2(const TensorStep<T>& tensor, std::int64_t begin,
                                                 std::int64_t end, const WeightRules<T>& rules,
                                                 const Step& step) {
  return step_tiles(tensor, begin, end, rules, step);
}
template <class T, class Step>
MIRRORTUNE_TARGET_AVX512 StepCounts step_with_avx512(const TensorStep<T>& tensor, std::int64_t begin,
                                                     std::int64_t end, const WeightRules<T>& rules,
                                                     const Step& step) {
  return step_tiles(tensor, begin, end, rules, step);
}
#endif

}  // namespace

std::vector<SimdLevel> simd_levels() {
  std::vector<SimdLevel> levels = {SimdLevel::portable};
#ifdef MIRRORTUNE_TARGET_AVX2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    levels.push_back(SimdLevel::avx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
      levels.push_back(SimdLevel::avx512);
    }
  }
#endif
  return levels;
}

template <class T>
StepCounts step_range(const TensorStep<T>& tensor, std::int64_t begin, std::int64_t end, SimdLevel level) {
  const StepSettings& settings = *tensor.settings;
  return visit_step(settings.potential, tensor.scale, [&](const auto& step, double factor) {
    const auto rules = weight_rules<T>(settings, {.increment = tensor.scale,
                                                  .rate = factor,
                                                  .gradient = tensor.gradient_scale,
                                                  .first_velocity = tensor.first_velocity,
                                                  .step_number = static_cast<double>(tensor.step_number)});
    switch (level) {
#ifdef MIRRORTUNE_TARGET_AVX2
      case SimdLevel::avx512:
        return step_with_avx512(tensor, begin, end, rules, step);
      case SimdLevel::avx2:
        return step_with_avx2(tensor, begin, end, rules, step);
#endif
      default:
        return step_portably(tensor, begin, end, rules, step);
    }
  });
}

template <class T>
GradientSums sum_gradients(const T* gradient, std::int64_t size) {
  constexpr int kLanes = 8;  // partial sums in a fixed order, which compilers may keep in a vector
  std::array<double, kLanes> squares{}, zeros{};
  const auto add = [&](std::int64_t i, int lane) {
    const double g = static_cast<double>(gradient[i]);
    squares[lane] += g * g;
    zeros[lane] += g * 0.0;
  };
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) add(i + lane, lane);
  }
  for (; i < size; ++i) add(i, 0);
  GradientSums sums;
  for (int lane = 0; lane < kLanes; ++lane) {
    sums.squares += squares[lane];
    sums.zeros += zeros[lane];
  }
  return sums;
}

template StepCounts step_range(const TensorStep<float>&, std::int64_t, std::int64_t, SimdLevel);
template StepCounts step_range(const TensorStep<double>&, std::int64_t, std::int64_t, SimdLevel);
template GradientSums sum_gradients(const float*, std::int64_t);
template GradientSums sum_gradients(const double*, std::int64_t);

}  // namespace mirrortune::detail
