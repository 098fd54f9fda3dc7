#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "optim/problems.h"

namespace mirrortune::test {
namespace {

class LowPrecision : public testing::TestWithParam<torch::Dtype> {};

TEST_P(LowPrecision, KeepsAFloat32MasterCopy) {
  auto low = make_parameters(3, GetParam());
  std::vector<torch::Tensor> wide;
  for (const auto& w : low) wide.push_back(w.detach().to(torch::kFloat32).requires_grad_(true));
  const auto options = MirrorDescentOptions(1e-4).momentum(0.9).potential("3-norm");
  MirrorDescent one(low, options), other(wide, options);
  for (std::uint64_t step = 0; step < 5; ++step) {
    set_gradients(step, {low});
    for (std::size_t i = 0; i < low.size(); ++i) wide[i].mutable_grad() = low[i].grad().to(torch::kFloat32);
    one.step();
    other.step();
  }
  for (std::size_t i = 0; i < low.size(); ++i) EXPECT_TRUE(bit_equal(low[i], wide[i].to(GetParam()))) << i;
}

TEST_P(LowPrecision, SmallStepsAddUp) {
  // Each of them is far below half a unit in the last place of the parameter.
  auto w = parameter({1.0}, GetParam());
  MirrorDescent optimizer({w}, MirrorDescentOptions(1e-5).potential("negative_entropy"));
  for (int step = 0; step < 20'000; ++step) {
    set_gradient(w, {1.0});
    optimizer.step();
  }
  EXPECT_NEAR(w.item<double>(), std::exp(-0.2), 4e-3);
}

TEST_P(LowPrecision, MasterCopyIsPartOfTheState) {
  auto straight = make_parameters(8, GetParam()), interrupted = copies_of(straight);
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f", "g"};
  const auto options = MirrorDescentOptions(1e-4).momentum(0.9);
  MirrorDescent one(straight, options), before(interrupted, options);
  take_steps(one, straight, 0, 3);
  take_steps(before, interrupted, 0, 3);
  MirrorDescent after(interrupted, options);
  after.load_named_state(names, before.named_state(names));
  take_steps(one, straight, 0, 3);
  take_steps(after, interrupted, 0, 3);
  for (std::size_t i = 0; i < straight.size(); ++i) EXPECT_TRUE(bit_equal(interrupted[i], straight[i])) << i;
  EXPECT_TRUE(bit_equal(after.named_state(names).at("e.master"), one.named_state(names).at("e.master")));
}

INSTANTIATE_TEST_SUITE_P(All, LowPrecision, testing::Values(torch::kHalf, torch::kBFloat16),
                         [](const auto& test) { return std::string(torch::toString(test.param)); });

}  // namespace
}  // namespace mirrortune::test
