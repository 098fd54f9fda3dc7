#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "optim/problems.h"

namespace mirrortune::test {
namespace {

TEST(Decay, DecoupledShrinksTheWeightBeforeTheStep) {
  for (const char* potential : {"2-norm", "3-norm", "negative_entropy"}) {
    auto decayed = parameter({0.5, -0.25, 2.0}), by_hand = parameter({0.5, -0.25, 2.0});
    MirrorDescent one({decayed},
                      MirrorDescentOptions(0.1).weight_decay(0.3).decay("decoupled").potential(potential));
    MirrorDescent other({by_hand}, MirrorDescentOptions(0.1).potential(potential));
    {
      const torch::NoGradGuard no_grad;
      by_hand.mul_(1.0 - 0.1 * 0.3);
    }
    set_gradient(decayed, {0.2, 0.1, -0.4});
    set_gradient(by_hand, {0.2, 0.1, -0.4});
    one.step();
    other.step();
    EXPECT_TRUE(bit_equal(decayed, by_hand)) << potential;
  }
}

TEST(Decay, BregmanDrawsTheDualTowardsTheStart) {
  const double lr = 0.1, strength = 0.5;
  for (const char* text : {"2-norm", "3-norm", "1.5-norm", "negative_entropy"}) {
    for (const char* normalization : {"none", "rms"}) {
      const Potential potential = parse_potential(text);
      const std::vector<double> start = {0.5, -0.25, 2.0};
      auto w = parameter(start, torch::kFloat64);
      MirrorDescent optimizer(
          {w}, MirrorDescentOptions(lr).weight_decay(strength).decay("bregman").potential(text).normalization(
                   normalization));
      set_gradient(w, {0.02, 0.01, -0.04});
      optimizer.step();  // from the start: no decay yet
      const auto once = w.detach().clone();
      set_gradient(w, {0.0, 0.0, 0.0});
      optimizer.step();  // decay alone
      for (std::int64_t i = 0; i < 3; ++i) {
        const double y = to_dual(potential, once[i].item<double>());
        const double y0 = to_dual(potential, start[static_cast<std::size_t>(i)]);
        EXPECT_NEAR(to_dual(potential, w[i].item<double>()), (1 - lr * strength) * y + lr * strength * y0,
                    1e-13 * (1 + std::fabs(y)))
            << text << ' ' << normalization;
        EXPECT_NE(once[i].item<double>(), start[static_cast<std::size_t>(i)]);
      }
    }
  }
}

TEST(Decay, BregmanLeavesAZeroOfNegativeEntropyAlone) {
  auto w = parameter({0.0, 0.5});
  MirrorDescent optimizer(
      {w}, MirrorDescentOptions(0.1).weight_decay(0.5).decay("bregman").potential("negative_entropy"));
  set_gradient(w, {1.0, 1.0});
  optimizer.step();
  optimizer.step();
  EXPECT_EQ(w[0].item<float>(), 0.0f);
  EXPECT_TRUE(std::isfinite(w[1].item<float>()));
}

}  // namespace
}  // namespace mirrortune::test
