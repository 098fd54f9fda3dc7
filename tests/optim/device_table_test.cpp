// The CUDA kernel's work, thread by thread on the CPU, beside the CPU's own loops.
#include "optim/detail/device_table.h"

#include <cmath>
#include <random>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "optim/detail/cpu_kernel.h"
#include "optim/problems.h"

namespace mirrortune::test {
namespace {

/// Every array of one tensor, each `offset` elements into an aligned allocation.
template <class T>
class Arrays {
 public:
  Arrays(std::int64_t size, std::int64_t offset, bool positive) : size_(size), offset_(offset) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    const auto fill = [&](std::vector<detail::Pack<T>>& memory, auto&& value) {
      memory.resize(static_cast<std::size_t>(size + offset) / detail::Pack<T>::kSize + 1);
      for (std::int64_t i = 0; i < size; ++i) data(memory)[i] = static_cast<T>(value(i));
    };
    const auto weight_at = [&](std::int64_t i) {
      const double w = 0.2 * normal(random);
      if (positive) return 0.1 + std::fabs(w);
      if (i % 97 == 5) return i % 2 == 0 ? 0.0 : 1e-25;  // attempts in closed form fail there
      return w;
    };
    fill(weight, weight_at);
    fill(gradient, [&](std::int64_t i) { return i % 89 == 3 ? 0.0 : normal(random); });
    fill(velocity, [&](std::int64_t) { return 0.1 * normal(random); });
    fill(second_moment, [&](std::int64_t) { return std::fabs(normal(random)); });
    fill(start, weight_at);
    fill(direction_sum, [&](std::int64_t) { return normal(random); });
    fill(plus, [&](std::int64_t) { return 0.3 + std::fabs(normal(random)); });
    fill(minus, [&](std::int64_t) { return 0.3 + std::fabs(normal(random)); });
  }

  TensorStep<T> tensor(const StepSettings& settings) {
    const bool moment = settings.second_moment > 0.0, lazy = settings.form == Form::dual_averaging,
               pair = settings.form == Form::pair;
    return {.weight = data(weight),
            .gradient = data(gradient),
            .size = size_,
            .velocity = settings.momentum > 0.0 ? data(velocity) : nullptr,
            .second_moment = moment ? data(second_moment) : nullptr,
            .start = lazy || settings.decay == Decay::bregman ? data(start) : nullptr,
            .direction_sum = lazy ? data(direction_sum) : nullptr,
            .plus = pair ? data(plus) : nullptr,
            .minus = pair ? data(minus) : nullptr,
            .settings = &settings};
  }
  std::vector<T> values(std::vector<detail::Pack<T>>& memory) { return {data(memory), data(memory) + size_}; }

  std::vector<detail::Pack<T>> weight, gradient, velocity, second_moment, start, direction_sum, plus, minus;

 private:
  T* data(std::vector<detail::Pack<T>>& memory) { return memory.data()->values + offset_; }

  std::int64_t size_, offset_;
};

/// The kernel's whole work on one tensor.
template <bool kPlain, class T, class Chosen, class Step>
StepCounts run_all_threads(const detail::DeviceTensor<T, Chosen, Step>& tensor, const StepNumbers& numbers,
                           double gradient_scale) {
  const auto rules = detail::device_rules(tensor, numbers, gradient_scale);
  StepCounts total;
  for (const detail::DeviceChunk chunk : detail::chunks_of(std::vector{tensor.size})) {
    for (int thread = 0; thread < detail::kDeviceThreads; ++thread) {
      const WeightCounts counts = detail::step_chunk<kPlain>(tensor, numbers, rules, chunk, thread);
      total += {.zeros = counts.zeros, .sign_flips = counts.sign_flips, .clamped = counts.clamped};
    }
  }
  return total;
}

template <class T>
StepCounts step_as_the_device(TensorStep<T> tensor) {
  DeviceStepNumbers steps{.with_velocity = tensor.first_velocity ? 0 : 1,
                          .with_second_moment = tensor.step_number - 1};
  tensor.device_steps = &steps;
  const StepSettings& settings = *tensor.settings;
  return std::visit(
      [&]<class Chosen>(const Chosen& potential) -> StepCounts {
        if constexpr (is_host_only<Chosen>) {
          return {};
        } else {
          return visit_step_of(potential, tensor.scale, [&](const auto& step, double rate) {
            const auto row = detail::device_tensor(tensor, /*group=*/0, rate, potential, step);
            return settings.is_plain() ? run_all_threads<true>(row, settings, tensor.gradient_scale)
                                       : run_all_threads<false>(row, settings, tensor.gradient_scale);
          });
        }
      },
      settings.potential);
}

template <class T>
void expect_same_bits(const std::vector<T>& found, const std::vector<T>& expected, const char* what) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool same = found[i] == expected[i] && std::signbit(found[i]) == std::signbit(expected[i]);
    ASSERT_TRUE(same || (std::isnan(found[i]) && std::isnan(expected[i])))
        << what << " " << i << ": " << found[i] << " and not " << expected[i];
  }
}

/// Where a tensor stands in its training, for a comparison.
struct Moment {
  bool first_velocity = false;
  std::int64_t step_number = 3;
  double scale = 1.0;
};

template <class T>
void expect_the_cpus_step(const StepSettings& settings, std::int64_t size, std::int64_t offset,
                          const Moment& moment = {}) {
  SCOPED_TRACE(testing::Message() << to_text(settings.potential) << ", " << sizeof(T) << " bytes, " << size
                                  << " weights, offset " << offset);
  const bool positive = settings.form == Form::pair;
  Arrays<T> here(size, offset, positive), there(size, offset, positive);
  const auto at_moment = [&](TensorStep<T> tensor) {
    tensor.first_velocity = moment.first_velocity;
    tensor.step_number = moment.step_number;
    tensor.scale = moment.scale;
    tensor.gradient_scale = 0.7;
    return tensor;
  };
  const auto expected =
      detail::step_range(at_moment(here.tensor(settings)), 0, size, detail::simd_levels().back());
  const auto found = step_as_the_device(at_moment(there.tensor(settings)));
  expect_same_bits(there.values(there.weight), here.values(here.weight), "weight");
  expect_same_bits(there.values(there.velocity), here.values(here.velocity), "velocity");
  expect_same_bits(there.values(there.second_moment), here.values(here.second_moment), "second moment");
  expect_same_bits(there.values(there.direction_sum), here.values(here.direction_sum), "sum");
  expect_same_bits(there.values(there.plus), here.values(here.plus), "plus");
  expect_same_bits(there.values(there.minus), here.values(here.minus), "minus");
  EXPECT_EQ(found.zeros, expected.zeros);
  EXPECT_EQ(found.sign_flips, expected.sign_flips);
  EXPECT_EQ(found.clamped, expected.clamped);
}

class DeviceStep : public testing::TestWithParam<std::string> {
 protected:
  /// Everything of a plain step in use.
  StepSettings settings() const {
    return {{.lr = 0.03, .momentum = 0.9, .dampening = 0.1, .weight_decay = 0.01},
            parse_potential(GetParam())};
  }
};

TEST_P(DeviceStep, HasTheBitsOfTheCpuForTensorsOfEverySize) {
  for (const std::int64_t size : {1, 3, 17, 1025, 4096, 4097, 9001}) {
    expect_the_cpus_step<float>(settings(), size, /*offset=*/0);
    expect_the_cpus_step<double>(settings(), size, /*offset=*/0);
  }
}

TEST_P(DeviceStep, HasTheBitsOfTheCpuForTensorsThatAreNotAligned) {
  for (const std::int64_t offset : {1, 3}) expect_the_cpus_step<float>(settings(), 5003, offset);
  expect_the_cpus_step<double>(settings(), 5003, /*offset=*/1);
}

TEST_P(DeviceStep, HasTheBitsOfTheCpuForSmallAndLargeRates) {
  StepSettings plain = settings();
  for (const double lr : {1e-4, 0.5, 50.0}) {
    plain.lr = lr;
    expect_the_cpus_step<float>(plain, 5003, /*offset=*/0);
  }
}

TEST_P(DeviceStep, HasTheBitsOfTheCpuWithEveryOption) {
  const bool keeps_signs = GetParam() == "negative_entropy" || GetParam() == "burg";
  StepSettings base = settings();
  base.dampening = 0.0;
  std::vector<StepSettings> variants(9, base);
  variants[0].momentum = 0.0;
  variants[1].nesterov = true;
  variants[2].second_moment = 0.99;
  variants[3].decay = Decay::decoupled;
  variants[4].decay = Decay::bregman;
  variants[5].form = Form::dual_averaging;
  variants[6].zeros = ZeroPolicy::eps;
  variants[7].zeros = ZeroPolicy::mask;
  if (keeps_signs) variants[8].form = Form::pair;
  for (const StepSettings& variant : variants) {
    expect_the_cpus_step<float>(variant, 5003, /*offset=*/0);
    expect_the_cpus_step<double>(variant, 1025, /*offset=*/0);
  }
}

TEST_P(DeviceStep, FollowsTheCountersOfItsTensor) {
  StepSettings adam = settings();
  adam.dampening = 0.0;
  adam.second_moment = 0.99;
  for (const std::int64_t step_number : {1, 2, 50}) {
    expect_the_cpus_step<float>(adam, 1025, 0, {.step_number = step_number});
  }
  expect_the_cpus_step<float>(settings(), 1025, 0, {.first_velocity = true, .step_number = 1});
  expect_the_cpus_step<float>(settings(), 1025, 0, {.scale = 5.5});
}

INSTANTIATE_TEST_SUITE_P(All, DeviceStep, testing::ValuesIn(stepped_potentials()),
                         [](const auto& test) { return test_name(test.param); });

TEST(DeviceChunks, CoverEveryTensorOnce) {
  const auto chunks = detail::chunks_of(std::vector<std::int64_t>{1, 0, 4096, 4097, 3 * 4096});
  const std::vector<std::pair<unsigned, unsigned>> expected = {{0, 0}, {2, 0}, {3, 0}, {3, 1},
                                                               {4, 0}, {4, 1}, {4, 2}};
  ASSERT_EQ(chunks.size(), expected.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_EQ(chunks[i].tensor, expected[i].first);
    EXPECT_EQ(chunks[i].part, expected[i].second);
  }
}

}  // namespace
}  // namespace mirrortune::test
