#include "optim/loss_scaler.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "optim/problems.h"

namespace mirrortune::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(LossScaler, TakesItsScaleOutOfTheGradientsExactly) {
  auto scaled = make_parameters(4), plain = copies_of(scaled);
  const auto options = MirrorDescentOptions(0.05).momentum(0.9).weight_decay(0.01).potential("3-norm");
  MirrorDescent one(scaled, options), other(plain, options);
  LossScaler scaler(torch::kCPU);
  for (std::uint64_t step = 0; step < 3; ++step) {
    set_gradients(step, {scaled, plain});
    for (auto& w : scaled) w.mutable_grad() = scaler.scale(w.grad());
    one.step(scaler);
    other.step();
  }
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(bit_equal(scaled[i], plain[i])) << i;
}

TEST(LossScaler, LeavesClippingToTheGradientsWithoutTheScale) {
  auto scaled = make_parameters(4), plain = copies_of(scaled);
  const auto options = MirrorDescentOptions(0.05).clip_norm(0.7);
  MirrorDescent one(scaled, options), other(plain, options);
  LossScaler scaler(torch::kCPU, {.initial_scale = 1024.0});
  set_gradients(0, {scaled, plain});
  for (auto& w : scaled) w.mutable_grad() = scaler.scale(w.grad());
  one.step(scaler);
  other.step();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_TRUE(torch::allclose(scaled[i], plain[i], 1e-6, 1e-9)) << i;
  }
}

TEST(LossScaler, SkipsAndBacksOffAtAnInfiniteGradientWhateverThePolicySays) {
  for (const std::string policy : {"propagate", "skip", "error"}) {
    auto w = parameter({1.0, -1.0});
    MirrorDescent optimizer({w}, MirrorDescentOptions(0.1).momentum(0.9).nonfinite_gradients(policy));
    LossScaler scaler(torch::kCPU);
    set_gradient(w, {1.0, kInfinity});
    optimizer.step(scaler);
    EXPECT_TRUE(bit_equal(w.detach(), torch::tensor({1.0f, -1.0f}))) << policy;
    EXPECT_EQ(scaler.current(), 32768.0) << policy;
    EXPECT_EQ(optimizer.take_counts().skipped, 1) << policy;
    set_gradient(w, {32768.0, 32768.0});
    optimizer.step(scaler);  // the first one that counts: v = g
    EXPECT_NEAR(w[0].item<double>(), 0.9, 1e-6) << policy;
    EXPECT_EQ(optimizer.take_counts().skipped, 0) << policy;
  }
}

TEST(LossScaler, GrowsAfterAnIntervalOfGoodStepsAsPyTorchDoes) {
  auto w = parameter({1.0});
  MirrorDescent optimizer({w}, MirrorDescentOptions(0.0));
  LossScaler scaler(torch::kCPU, {.initial_scale = 8.0, .growth_interval = 3});
  const auto scale_after = [&](double gradient) {
    set_gradient(w, {gradient});
    optimizer.step(scaler);
    return scaler.current();
  };
  EXPECT_EQ(scale_after(1.0), 8.0);
  EXPECT_EQ(scale_after(1.0), 8.0);
  EXPECT_EQ(scale_after(1.0), 16.0);
  EXPECT_EQ(scale_after(1.0), 16.0);
  EXPECT_EQ(scale_after(kInfinity), 8.0);  // and the interval begins anew
  EXPECT_EQ(scale_after(1.0), 8.0);
  EXPECT_EQ(scale_after(1.0), 8.0);
  EXPECT_EQ(scale_after(1.0), 16.0);
}

TEST(LossScaler, GoesOnFromItsState) {
  auto w = parameter({1.0});
  MirrorDescent optimizer({w}, MirrorDescentOptions(0.0));
  const LossScalerOptions options{.initial_scale = 8.0, .growth_interval = 2};
  LossScaler first(torch::kCPU, options), second(torch::kCPU, options);
  set_gradient(w, {1.0});
  optimizer.step(first);
  second.load_named_state(first.named_state());
  optimizer.step(second);
  EXPECT_EQ(second.current(), 16.0);
  EXPECT_EQ(first.current(), 8.0);  // the state is a copy
}

TEST(LossScaler, RefusesAStateWithoutMeaning) {
  LossScaler scaler(torch::kCPU);
  const auto tracker = torch::zeros({1}, torch::kInt32);
  EXPECT_THAT(
      [&] {
        scaler.load_named_state({{"growth_tracker", tracker}});
      },
      testing::ThrowsMessage<DataError>(testing::HasSubstr("scale: it is missing")));
  for (const double scale : {0.0, -1.0, kInfinity}) {
    EXPECT_THROW(scaler.load_named_state({{"scale", torch::full({1}, scale)}, {"growth_tracker", tracker}}),
                 DataError);
  }
  EXPECT_EQ(scaler.current(), 65536.0);
}

TEST(LossScaler, RefusesOptionsOutOfRange) {
  const std::vector<LossScalerOptions> bad = {
      {.initial_scale = 0.0}, {.growth = 1.0}, {.backoff = 1.0}, {.backoff = 0.0}, {.growth_interval = 0}};
  for (const LossScalerOptions& options : bad) EXPECT_THROW(LossScaler(torch::kCPU, options), ConfigError);
}

}  // namespace
}  // namespace mirrortune::test
