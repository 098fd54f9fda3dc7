#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "optim/problems.h"

namespace mirrortune::test {
namespace {

/// The largest difference of two lists of parameters.
double distance(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].numel() > 0) largest = std::max(largest, (a[i] - b[i]).abs().max().item<double>());
  }
  return largest;
}

/// Ten steps of ours with a second moment, under the 2-norm, beside ten of LibTorch's optimiser.
template <class Theirs, class TheirOptions>
void expect_same_steps(const MirrorDescentOptions& our_options, const TheirOptions& their_options) {
  auto ours = make_parameters(1, torch::kFloat64);
  auto theirs = copies_of(ours);
  MirrorDescent mirror(ours, our_options);
  Theirs adam(theirs, their_options);
  for (std::uint64_t step = 0; step < 10; ++step) {
    set_gradients(step, {ours, theirs});
    mirror.step();
    adam.step();
  }
  EXPECT_LT(distance(ours, theirs), 1e-14);
  EXPECT_GT(distance(ours, make_parameters(1, torch::kFloat64)), 0.05);
}

TEST(SecondMoment, UnderThe2NormIsLibTorchsAdam) {
  expect_same_steps<torch::optim::Adam>(
      MirrorDescentOptions(0.01).momentum(0.9).second_moment(0.99).epsilon(1e-6).weight_decay(0.02),
      torch::optim::AdamOptions(0.01).betas({0.9, 0.99}).eps(1e-6).weight_decay(0.02));
  expect_same_steps<torch::optim::Adam>(MirrorDescentOptions(0.01).second_moment(0.999),
                                        torch::optim::AdamOptions(0.01).betas({0.0, 0.999}));
}

TEST(SecondMoment, UnderThe2NormWithDecoupledDecayIsLibTorchsAdamW) {
  expect_same_steps<torch::optim::AdamW>(
      MirrorDescentOptions(0.01).momentum(0.9).second_moment(0.999).weight_decay(0.1).decay("decoupled"),
      torch::optim::AdamWOptions(0.01).betas({0.9, 0.999}).weight_decay(0.1));
}

TEST(SecondMoment, ScalesTheIncrementOfTheDual) {
  // One step from scratch: both corrections make the direction the gradient's sign, whatever its size.
  auto w = parameter({0.5, -0.25, 2.0});
  MirrorDescent optimizer(
      {w}, MirrorDescentOptions(0.1).momentum(0.9).second_moment(0.99).potential("negative_entropy"));
  set_gradient(w, {1e-3, -7.0, 40.0});
  optimizer.step();
  EXPECT_NEAR(w[0].item<double>(), 0.5 * std::exp(-0.1), 1e-6);
  EXPECT_NEAR(w[1].item<double>(), -0.25 * std::exp(-0.1), 1e-6);
  EXPECT_NEAR(w[2].item<double>(), 2.0 * std::exp(-0.1), 1e-6);
}

}  // namespace
}  // namespace mirrortune::test
