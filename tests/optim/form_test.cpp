#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "optim/problems.h"

namespace mirrortune::test {
namespace {

/// The weights after six steps whose learning rate is `rate(step)`.
template <class Rate>
torch::Tensor trained(MirrorDescentOptions options, const Rate& rate) {
  auto w = parameter({0.5, -0.25, 2.0, 1e-3}, torch::kFloat64);
  MirrorDescent optimizer({w}, options.lr(rate(0)));
  for (int step = 0; step < 6; ++step) {
    optimizer.set_lr(rate(step));
    set_gradient(w, {0.3 - 0.1 * step, 0.2, -0.1, 0.001 * step});
    optimizer.step();
  }
  return w.detach();
}

TEST(DualAveraging, AgreesWithMirrorDescentAtAConstantRate) {
  for (const char* potential : {"2-norm", "3-norm", "1.5-norm", "negative_entropy"}) {
    const auto options = MirrorDescentOptions(1.0).momentum(0.5).potential(potential);
    const auto constant = [](int) { return 0.01; };
    const auto greedy = trained(options, constant);
    const auto lazy = trained(MirrorDescentOptions(options).form("dual_averaging"), constant);
    EXPECT_LT(((lazy - greedy).abs() / greedy.abs()).max().item<double>(), 1e-11) << potential;
  }
}

TEST(DualAveraging, TakesThePresentRateForAllGradients) {
  const auto falling = [](int step) { return 0.02 / (1 + step); };
  for (const char* text : {"2-norm", "3-norm", "negative_entropy"}) {
    const Potential potential = parse_potential(text);
    const auto w = trained(MirrorDescentOptions(1.0).form("dual_averaging").potential(text), falling);
    const double sums[] = {0.3 * 6 - 0.1 * 15, 1.2, -0.6, 0.015}, start[] = {0.5, -0.25, 2.0, 1e-3};
    for (int i = 0; i < 4; ++i) {
      const double y = to_dual(potential, start[i]) - falling(5) * sums[i];
      EXPECT_NEAR(to_dual(potential, w[i].item<double>()), y, 1e-13 * (1 + std::fabs(y))) << text << ' ' << i;
    }
  }
}

TEST(Pair, OfNegativeEntropyIsHypentropy) {
  // φ' = asinh(w/β): both u± are multiplied by e^∓ηg, and w = u⁺ − u⁻ with u⁺u⁻ = β²/4.
  const double beta = 0.05;
  const auto w = trained(MirrorDescentOptions(1.0).form("pair").pair_beta(beta).potential("negative_entropy"),
                         [](int) { return 0.3; });
  const double sums[] = {0.3 * 6 - 0.1 * 15, 1.2, -0.6, 0.015}, start[] = {0.5, -0.25, 2.0, 1e-3};
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(w[i].item<double>(), beta * std::sinh(std::asinh(start[i] / beta) - 0.3 * sums[i]), 1e-13)
        << i;
  }
}

TEST(Pair, LetsWeightsChangeSignAndLeaveZero) {
  auto w = parameter({0.0, 0.01});
  MirrorDescent optimizer({w}, MirrorDescentOptions(1.0).form("pair").potential("negative_entropy"));
  set_gradient(w, {-3.0, 4.0});
  optimizer.step();
  EXPECT_GT(w[0].item<float>(), 0.0f);
  EXPECT_LT(w[1].item<float>(), 0.0f);
  EXPECT_EQ(optimizer.take_counts().sign_flips, 1);
}

}  // namespace
}  // namespace mirrortune::test
