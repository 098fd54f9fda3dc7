#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "optim/problems.h"
#include "support/gpu.h"

namespace mirrortune::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const torch::Device kGpu(torch::kCUDA, 0);

std::vector<torch::Tensor> on_gpu(const std::vector<torch::Tensor>& parameters) {
  std::vector<torch::Tensor> moved;
  for (const auto& w : parameters) moved.push_back(w.detach().to(kGpu).requires_grad_(true));
  return moved;
}

void copy_gradients(const std::vector<torch::Tensor>& from, std::vector<torch::Tensor>& to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i].mutable_grad() = from[i].grad().to(to[i].device());
}

void expect_same(const std::vector<torch::Tensor>& gpu, const std::vector<torch::Tensor>& cpu) {
  for (std::size_t i = 0; i < cpu.size(); ++i) {
    EXPECT_TRUE(torch::allclose(gpu[i].cpu(), cpu[i], /*rtol=*/2e-6, /*atol=*/1e-12, /*equal_nan=*/true))
        << i;
  }
}

class CudaStep : public OnGpu, public testing::WithParamInterface<std::string> {
 protected:
  /// Five steps of the same parameters on both devices.
  void expect_the_cpus_steps(const MirrorDescentOptions& options) {
    auto cpu = make_parameters(2, torch::kFloat32, GetParam());
    auto gpu = on_gpu(cpu);
    MirrorDescent here(cpu, options), there(gpu, options);
    for (std::uint64_t step = 0; step < 5; ++step) {
      set_gradients(step, {cpu});
      copy_gradients(cpu, gpu);
      here.step();
      there.step();
    }
    expect_same(gpu, cpu);
    const StepCounts expected = here.take_counts(), found = there.take_counts();
    EXPECT_EQ(found.zeros, expected.zeros);
    EXPECT_EQ(found.sign_flips, expected.sign_flips);
    EXPECT_EQ(found.clamped, expected.clamped);
  }
  MirrorDescentOptions options() const {
    return MirrorDescentOptions(0.03).momentum(0.9).weight_decay(0.01).potential(GetParam());
  }
};

TEST_P(CudaStep, IsTheCpusStep) { expect_the_cpus_steps(options().dampening(0.1)); }

TEST_P(CudaStep, IsTheCpusStepWithEveryOption) {
  expect_the_cpus_steps(options().nesterov(true));
  expect_the_cpus_steps(options().normalization("rms"));
  expect_the_cpus_steps(options().second_moment(0.99));
  expect_the_cpus_steps(options().clip_norm(0.5));
  expect_the_cpus_steps(options().zeros("mask"));
  expect_the_cpus_steps(options().zeros("eps"));
  for (const char* decay : {"decoupled", "bregman"}) expect_the_cpus_steps(options().decay(decay));
  expect_the_cpus_steps(options().form("dual_averaging"));
  if (GetParam() == "negative_entropy") expect_the_cpus_steps(options().form("pair"));
}

INSTANTIATE_TEST_SUITE_P(All, CudaStep, testing::ValuesIn(stepped_potentials()),
                         [](const auto& test) { return test_name(test.param); });

using CudaMirrorDescent = OnGpu;

TEST_F(CudaMirrorDescent, StepsEachGroupUnderItsPotential) {
  auto cpu = make_parameters(2);
  auto gpu = on_gpu(cpu);
  const auto groups_of = [](const std::vector<torch::Tensor>& parameters) {
    std::vector<torch::optim::OptimizerParamGroup> groups;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double lr = 0.01 * static_cast<double>(i + 1);
      auto options = MirrorDescentOptions(lr).potential(i % 2 == 0 ? "3-norm" : "negative_entropy");
      groups.emplace_back(std::vector{parameters[i]}, std::make_unique<MirrorDescentOptions>(options));
    }
    return groups;
  };
  MirrorDescent here(groups_of(cpu), MirrorDescentOptions(0.1)),
      there(groups_of(gpu), MirrorDescentOptions(0.1));
  for (std::uint64_t step = 0; step < 3; ++step) {
    set_gradients(step, {cpu});
    copy_gradients(cpu, gpu);
    here.step();
    there.step();
  }
  expect_same(gpu, cpu);
  EXPECT_EQ(there.take_counts().sign_flips, here.take_counts().sign_flips);
}

TEST_F(CudaMirrorDescent, SkipsAStepOfAnInfiniteGradientAndBeginsItsVelocityAtTheFirstGoodOne) {
  auto w = torch::tensor({1.0f, -1.0f}, kGpu).requires_grad_(true);
  MirrorDescent optimizer({w}, MirrorDescentOptions(0.1).momentum(0.9).dampening(0.5));
  LossScaler scaler(kGpu);
  w.mutable_grad() = torch::tensor({1.0, kInfinity}, torch::kFloat32).to(kGpu);
  optimizer.step(scaler);
  EXPECT_TRUE(bit_equal(w.detach().cpu(), torch::tensor({1.0f, -1.0f})));
  EXPECT_EQ(scaler.current(), 32768.0);
  EXPECT_FALSE(optimizer.named_state({"w"}).contains("w.velocity"));
  w.mutable_grad() = torch::full({2}, 32768.0f, kGpu);
  optimizer.step(scaler);
  EXPECT_NEAR(w[0].item<double>(), 0.9, 1e-6);
  EXPECT_TRUE(optimizer.named_state({"w"}).contains("w.velocity"));
  EXPECT_EQ(optimizer.take_counts().skipped, 1);
}

TEST_F(CudaMirrorDescent, ReportsANonfiniteGradientAsAnErrorAndChangesNothing) {
  auto w = torch::ones({5}, kGpu).requires_grad_(true);
  MirrorDescent optimizer({w}, MirrorDescentOptions(0.1).nonfinite_gradients("error"));
  w.mutable_grad() = torch::full({5}, std::numeric_limits<float>::quiet_NaN(), kGpu);
  EXPECT_THROW(optimizer.step(), DataError);
  EXPECT_TRUE(bit_equal(w.detach().cpu(), torch::ones({5})));
}

TEST_F(CudaMirrorDescent, GoesOnFromItsStateWithTheSameBits) {
  const auto options = MirrorDescentOptions(0.01).momentum(0.9).second_moment(0.99);
  const auto start = make_parameters(3);
  auto cpu = copies_of(start), whole = on_gpu(start), resumed = on_gpu(start);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < start.size(); ++i) names.push_back("p" + std::to_string(i));
  MirrorDescent first(whole, options), second(resumed, options);
  for (std::uint64_t step = 0; step < 4; ++step) {
    set_gradients(step, {cpu});
    copy_gradients(cpu, whole);
    first.step();
    if (step == 1) {
      const torch::NoGradGuard no_grad;
      for (std::size_t i = 0; i < whole.size(); ++i) resumed[i].copy_(whole[i]);
      second.load_named_state(names, first.named_state(names));
    }
    if (step > 1) {
      copy_gradients(cpu, resumed);
      second.step();
    }
  }
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(bit_equal(whole[i].cpu(), resumed[i].cpu()));
}

TEST_F(CudaMirrorDescent, StepsHalfPrecisionParametersThroughFloat32Masters) {
  auto w = torch::full({1000}, 1.0, torch::TensorOptions(kGpu).dtype(torch::kHalf)).requires_grad_(true);
  MirrorDescent optimizer({w}, MirrorDescentOptions(1e-5));
  for (int step = 0; step < 100; ++step) {
    w.mutable_grad() = torch::ones_like(w);
    optimizer.step();
  }
  EXPECT_NEAR(w[0].item<double>(), 0.999, 6e-4);
}

TEST_F(CudaMirrorDescent, RefusesAPotentialOfOnesOwn) {
  auto w = torch::ones({5}, kGpu).requires_grad_(true);
  struct Cubic {
    double to_dual(double x) const { return x * x * x; }
    double from_dual(double y, double) const { return std::cbrt(y); }
  };
  const OwnPotential own = own_potential("cube", Cubic{});
  MirrorDescent optimizer({w}, MirrorDescentOptions(0.1).potential(own));
  w.mutable_grad() = torch::ones_like(w);
  EXPECT_THAT([&] { optimizer.step(); },
              testing::ThrowsMessage<ConfigError>(testing::HasSubstr("is for parameters on the CPU only")));
}

}  // namespace
}  // namespace mirrortune::test
