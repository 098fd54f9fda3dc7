#include <cmath>

#include <gtest/gtest.h>

#include "optim/problems.h"

namespace mirrortune::test {
namespace {

using torch::optim::OptimizerParamGroup;

TEST(MirrorDescent, EachGroupKeepsItsOwnOptions) {
  for (const bool added_later : {false, true}) {
    auto a = parameter({0.5, -0.25}), b = parameter({0.5, -0.25});
    OptimizerParamGroup first({a}, std::make_unique<MirrorDescentOptions>(MirrorDescentOptions(0.1)));
    OptimizerParamGroup second(
        {b}, std::make_unique<MirrorDescentOptions>(MirrorDescentOptions(0.2).potential("negative_entropy")));
    std::vector<OptimizerParamGroup> groups = {first};
    if (!added_later) groups.push_back(second);
    MirrorDescent optimizer(groups, MirrorDescentOptions(7.0).momentum(0.5));
    if (added_later) optimizer.add_param_group(second);
    set_gradient(a, {1.0, 1.0});
    set_gradient(b, {1.0, 1.0});
    optimizer.step();
    EXPECT_FLOAT_EQ(a[0].item<float>(), 0.4f);
    EXPECT_FLOAT_EQ(a[1].item<float>(), -0.35f);
    EXPECT_FLOAT_EQ(b[0].item<float>(), 0.5f * std::exp(-0.2f));
    EXPECT_FLOAT_EQ(b[1].item<float>(), -0.25f * std::exp(0.2f));
  }
}

TEST(MirrorDescent, AGroupWithoutOptionsTakesTheDefaults) {
  auto a = parameter({0.5});
  MirrorDescent optimizer(std::vector<OptimizerParamGroup>{OptimizerParamGroup({a})},
                          MirrorDescentOptions(0.25).potential("3-norm"));
  set_gradient(a, {1.0});
  optimizer.step();
  EXPECT_FLOAT_EQ(a.item<float>(), 0.0f);  // 0.5² − 0.25·1
}

TEST(MirrorDescent, StepLrOfLibTorchDrivesItAsItDrivesLibTorchsSgd) {
  auto a = parameter({1.0}), b = parameter({1.0});
  MirrorDescent ours(std::vector<torch::Tensor>{a}, MirrorDescentOptions(1.0));
  torch::optim::SGD sgd(std::vector<torch::Tensor>{b}, torch::optim::SGDOptions(1.0));
  torch::optim::StepLR our_schedule(ours, /*step_size=*/2, /*gamma=*/0.1);
  torch::optim::StepLR sgd_schedule(sgd, /*step_size=*/2, /*gamma=*/0.1);
  for (int i = 0; i < 6; ++i) {
    set_gradient(a, {1.0});
    set_gradient(b, {1.0});
    ours.step();
    sgd.step();
    our_schedule.step();
    sgd_schedule.step();
    EXPECT_EQ(a.item<double>(), b.item<double>()) << i;
  }
  EXPECT_LT(ours.param_groups()[0].options().get_lr(), 0.5);
}

TEST(MirrorDescent, SetLrHoldsForEveryGroup) {
  auto a = parameter({1.0}), b = parameter({1.0});
  MirrorDescent optimizer(
      std::vector<OptimizerParamGroup>{OptimizerParamGroup({a}), OptimizerParamGroup({b})},
      MirrorDescentOptions(1.0));
  optimizer.set_lr(0.125);
  set_gradient(a, {1.0});
  set_gradient(b, {2.0});
  optimizer.step();
  EXPECT_EQ(a.item<float>(), 0.875f);
  EXPECT_EQ(b.item<float>(), 0.75f);
}

TEST(MirrorDescent, ClosureRunsWithGradientsAndItsLossIsReturned) {
  auto a = parameter({3.0});
  MirrorDescent optimizer({a}, MirrorDescentOptions(0.5));
  const torch::NoGradGuard no_grad;
  const auto loss = optimizer.step([&] {
    optimizer.zero_grad();
    const auto squared = (a * a).sum();
    squared.backward();
    return squared;
  });
  EXPECT_EQ(loss.item<float>(), 9.0f);
  EXPECT_EQ(a.item<float>(), 0.0f);
  EXPECT_FALSE(optimizer.step().defined());
}

TEST(MirrorDescent, LeavesParametersWithoutAGradientAlone) {
  auto a = parameter({1.0}), b = parameter({1.0});
  MirrorDescent optimizer({a, b}, MirrorDescentOptions(0.5).weight_decay(0.1));
  set_gradient(b, {1.0});
  optimizer.step();
  EXPECT_EQ(a.item<float>(), 1.0f);
  EXPECT_NE(b.item<float>(), 1.0f);
}

TEST(MirrorDescent, AutogradSeesThatWeightsChanged) {
  auto a = parameter({2.0});
  MirrorDescent optimizer({a}, MirrorDescentOptions(0.5));
  const auto cubed = (a * a * a).sum();
  set_gradient(a, {1.0});
  optimizer.step();
  EXPECT_THROW(cubed.backward(), c10::Error);
}

TEST(MirrorDescent, RmsNormalizationMakesOneLearningRateDoForAllPotentials) {
  // φ''(c) = 1 at c = RMS: at |w| = c every potential steps alike to first order.
  for (const std::string& potential : stepped_potentials()) {
    const std::vector<double> start = {0.02, potential.starts_with("logistic") ? 0.02 : -0.02, 0.02};
    auto a = parameter(start);
    MirrorDescent optimizer({a}, MirrorDescentOptions(1e-4).potential(potential).normalization("rms"));
    set_gradient(a, {1.0, 1.0, -1.0});
    optimizer.step();
    const auto moved = (a.detach().to(torch::kFloat64) - torch::tensor(start, torch::kFloat64)) / 1e-4;
    EXPECT_TRUE(torch::allclose(moved, torch::tensor({-1.0, -1.0, 1.0}, torch::kFloat64), 0.03))
        << potential << moved;
  }
}

TEST(MirrorDescent, RmsIsThatOfTheStartAndOneIfAllWeightsAreZero) {
  auto a = parameter({3.0, -4.0}), zeros = parameter({0.0, 0.0});
  MirrorDescent optimizer({a, zeros}, MirrorDescentOptions(0.1).potential("3-norm").normalization("rms"));
  for (int step = 0; step < 3; ++step) {
    set_gradient(a, {1.0, 1.0});
    set_gradient(zeros, {1.0, 1.0});
    optimizer.step();
  }
  const auto state = optimizer.named_state({"a", "zeros"});
  EXPECT_DOUBLE_EQ(state.at("a.rms").item<double>(), std::sqrt(12.5));
  EXPECT_EQ(state.at("zeros.rms").item<double>(), 1.0);
  EXPECT_NEAR(a[0].item<double>(), std::sqrt(9.0 - 3 * 0.1 * 2 * std::sqrt(12.5)), 1e-5);
}

TEST(MirrorDescent, TrainsALinearRegressionToTheRowSpaceOfItsInputs) {
  // Zero loss with fewer samples than weights: the dual change must be Xᵀλ (Theorem 1's first half).
  torch::manual_seed(11);
  const auto x = torch::randn({4, 20}, torch::kFloat64), y = torch::randn({4}, torch::kFloat64);
  for (const char* potential : {"negative_entropy", "2-norm", "3-norm", "1.5-norm"}) {
    const auto start = torch::randn({20}, torch::kFloat64) * 0.3 + 0.5;
    auto w = start.clone().requires_grad_(true);
    MirrorDescent optimizer({w}, MirrorDescentOptions(0.01).potential(potential));
    for (int step = 0; step < 5000; ++step) {
      optimizer.zero_grad();
      (x.mv(w) - y).square().mean().backward();
      optimizer.step();
    }
    const auto dual = [&](const torch::Tensor& weights) {
      auto image = weights.detach().clone();
      const Potential chosen = parse_potential(potential);
      for (std::int64_t i = 0; i < 20; ++i) image[i] = to_dual(chosen, image[i].item<double>());
      return image;
    };
    const auto change = dual(w) - dual(start);
    const auto coefficients = std::get<0>(torch::linalg_lstsq(x.t(), change.unsqueeze(1)));
    EXPECT_LT((x.t().mm(coefficients).squeeze() - change).norm().item<double>(),
              1e-9 * change.norm().item<double>())
        << potential;
  }
}

/// hypentropy as a user would write it.
struct OwnHypentropy {
  double second_derivative(double w) const { return 1 / std::sqrt(w * w + 0.01); }
};

TEST(MirrorDescent, StepsUnderAPotentialOfOnesOwn) {
  auto own = make_parameters(5, torch::kFloat64), built_in = copies_of(own);
  MirrorDescent one(own, MirrorDescentOptions(0.05).momentum(0.9).potential(
                             own_potential("my hypentropy", OwnHypentropy{})));
  MirrorDescent other(built_in, MirrorDescentOptions(0.05).momentum(0.9).potential("hypentropy(beta=0.1)"));
  for (std::uint64_t step = 0; step < 3; ++step) {
    set_gradients(step, {own, built_in});
    one.step();
    other.step();
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(torch::allclose(own[i], built_in[i], 1e-9, 1e-12)) << i;
  one.param_groups()[0].set_options(std::make_unique<MirrorDescentOptions>(
      MirrorDescentOptions(0.1).potential(own_potential("mine", OwnHypentropy{})).potential("2-norm")));
  EXPECT_NO_THROW(one.step());
}

}  // namespace
}  // namespace mirrortune::test
