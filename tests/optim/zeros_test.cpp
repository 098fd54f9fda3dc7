#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "optim/problems.h"

namespace mirrortune::test {
namespace {

torch::Tensor after_a_step(const MirrorDescentOptions& options) {
  auto w = parameter({0.0, 0.0, 0.0, 0.5});
  MirrorDescent optimizer({w}, options);
  set_gradient(w, {1.0, -1.0, 0.0, 1.0});
  optimizer.step();
  return w.detach();
}

TEST(ZeroPolicy, KeepLeavesZerosToThePotential) {
  EXPECT_TRUE(bit_equal(after_a_step(MirrorDescentOptions(0.1)), torch::tensor({-0.1f, 0.1f, 0.0f, 0.4f})));
  EXPECT_EQ(after_a_step(MirrorDescentOptions(0.1).potential("negative_entropy"))[0].item<float>(), 0.0f);
}

TEST(ZeroPolicy, MaskKeepsThemAtZero) {
  for (const char* potential : {"2-norm", "3-norm", "1.5-norm", "negative_entropy"}) {
    const auto w = after_a_step(MirrorDescentOptions(0.1).zeros("mask").potential(potential));
    EXPECT_TRUE(bit_equal(w.slice(0, 0, 3), torch::zeros({3}))) << potential;
    EXPECT_NE(w[3].item<float>(), 0.5f);
  }
}

TEST(ZeroPolicy, EpsMovesThemDownTheirGradientAndSteps) {
  const auto w =
      after_a_step(MirrorDescentOptions(0.1).zeros("eps").zero_eps(1e-3).potential("negative_entropy"));
  EXPECT_NEAR(w[0].item<float>(), -1e-3 * std::exp(0.1), 1e-9);
  EXPECT_NEAR(w[1].item<float>(), 1e-3 * std::exp(0.1), 1e-9);
  EXPECT_EQ(w[2].item<float>(), 0.0f);
  EXPECT_NEAR(w[3].item<float>(), 0.5 * std::exp(-0.1), 1e-6);
}

}  // namespace
}  // namespace mirrortune::test
