#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "optim/problems.h"

namespace mirrortune::test {
namespace {

TEST(ClipNorm, ScalesAllGradientsTogetherAsPyTorchDoes) {
  auto ours = make_parameters(1), theirs = copies_of(ours);
  MirrorDescent mirror(ours, MirrorDescentOptions(0.05).momentum(0.9).clip_norm(0.7));
  torch::optim::SGD sgd(theirs, torch::optim::SGDOptions(0.05).momentum(0.9));
  for (std::uint64_t step = 0; step < 3; ++step) {
    set_gradients(step, {ours, theirs});
    torch::nn::utils::clip_grad_norm_(theirs, 0.7);
    mirror.step();
    sgd.step();
  }
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_TRUE(torch::allclose(ours[i], theirs[i], 1e-5, 1e-7)) << i;
}

TEST(ClipNorm, LeavesShortGradientsAndTheGradientsThemselvesAlone) {
  auto clipped = parameter({1.0, 2.0}), free = parameter({1.0, 2.0});
  MirrorDescent one({clipped}, MirrorDescentOptions(0.1).clip_norm(10.0)),
      other({free}, MirrorDescentOptions(0.1));
  set_gradient(clipped, {3.0, 4.0});
  set_gradient(free, {3.0, 4.0});
  one.step();
  other.step();
  EXPECT_TRUE(bit_equal(clipped, free));
  one.param_groups()[0].set_options(
      std::make_unique<MirrorDescentOptions>(MirrorDescentOptions(0.1).clip_norm(1.0)));
  one.step();
  EXPECT_TRUE(bit_equal(clipped.grad(), torch::tensor({3.0f, 4.0f})));
  EXPECT_NEAR(clipped[0].item<double>(), 0.7 - 0.1 * 0.6, 1e-6);
}

class NonfiniteGradient : public testing::TestWithParam<float> {
 protected:
  /// Parameters and an optimiser with momentum after one good step, then a bad gradient in the last of them.
  std::vector<torch::Tensor> parameters_ = {parameter({0.5, 0.25}), parameter({1.0, -1.0})};
  MirrorDescent after_a_good_step(const std::string& policy) {
    MirrorDescent optimizer(
        parameters_,
        MirrorDescentOptions(0.1).momentum(0.9).potential("negative_entropy").nonfinite_gradients(policy));
    for (const auto& w : parameters_) set_gradient(w, {1.0, 1.0});
    optimizer.step();
    set_gradient(parameters_[1], {1.0, GetParam()});
    return optimizer;
  }
};

TEST_P(NonfiniteGradient, SkipsTheStepAndCountsIt) {
  MirrorDescent optimizer = after_a_good_step("skip");
  const auto before = copies_of(parameters_);
  const auto velocity = optimizer.named_state({"a", "b"}).at("b.velocity").clone();
  optimizer.step();
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(bit_equal(parameters_[i], before[i]));
  EXPECT_TRUE(bit_equal(optimizer.named_state({"a", "b"}).at("b.velocity"), velocity));
  EXPECT_EQ(optimizer.take_counts().skipped, 1);
  set_gradient(parameters_[1], {1.0, 1.0});
  optimizer.step();
  EXPECT_FALSE(bit_equal(parameters_[0], before[0]));
  EXPECT_EQ(optimizer.take_counts().skipped, 0);
}

TEST_P(NonfiniteGradient, IsAnErrorThatLeavesTheWeightsAsTheyWere) {
  MirrorDescent optimizer = after_a_good_step("error");
  const auto before = copies_of(parameters_);
  EXPECT_THAT([&] { optimizer.step(); },
              testing::ThrowsMessage<DataError>(testing::HasSubstr("a gradient is NaN or infinite")));
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(bit_equal(parameters_[i], before[i]));
}

TEST_P(NonfiniteGradient, ReachesItsWeightIfNothingIsAskedFor) {
  MirrorDescent optimizer = after_a_good_step("propagate");
  optimizer.step();
  EXPECT_FALSE(std::isfinite(parameters_[1][1].item<float>()) && parameters_[1][1].item<float>() != 0.0f &&
               optimizer.take_counts().clamped == 0);
  EXPECT_TRUE(std::isfinite(parameters_[0][0].item<float>()));
}

INSTANTIATE_TEST_SUITE_P(All, NonfiniteGradient,
                         testing::Values(std::numeric_limits<float>::quiet_NaN(),
                                         std::numeric_limits<float>::infinity(),
                                         -std::numeric_limits<float>::infinity()),
                         [](const auto& test) {
                           return std::isnan(test.param) ? "NaN"
                                  : test.param > 0       ? "PlusInfinity"
                                                         : "MinusInfinity";
                         });

}  // namespace
}  // namespace mirrortune::test
