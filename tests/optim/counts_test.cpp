#include <gtest/gtest.h>

#include "optim/problems.h"

namespace mirrortune::test {
namespace {

class Counts : public testing::TestWithParam<torch::Dtype> {
 protected:
  torch::Tensor tensor(std::vector<double> values) const { return torch::tensor(values, GetParam()); }
  torch::Tensor parameter(std::vector<double> values) const { return tensor(values).requires_grad_(true); }
};

TEST_P(Counts, ZerosAndSignFlipsAreThoseOfTheSteps) {
  auto w = parameter({1.0, -1.0, 0.5, 0.0, 2.0});
  MirrorDescent optimizer({w}, MirrorDescentOptions(1.0));
  w.mutable_grad() = tensor({2.0, -2.0, 0.5, 0.0, 1.0});  // → −1, 1, 0, 0, 1: two flips, two zeros
  optimizer.step();
  w.mutable_grad() =
      tensor({-2.0, 0.0, 0.5, 0.0, 1.0});  // → 1, 1, −0.5, 0, 0: one flip (0 has no sign), two zeros
  optimizer.step();
  const StepCounts counts = optimizer.take_counts();
  EXPECT_EQ(counts.zeros, 2);
  EXPECT_EQ(counts.sign_flips, 3);
  EXPECT_EQ(counts.clamped, 0);
}

TEST_P(Counts, StartAnewWhenTheyAreTaken) {
  auto w = parameter({1.0, 0.0});
  MirrorDescent optimizer({w}, MirrorDescentOptions(1.0));
  w.mutable_grad() = tensor({2.0, 0.0});
  optimizer.step();
  EXPECT_EQ(optimizer.take_counts().sign_flips, 1);
  const StepCounts nothing = optimizer.take_counts();
  EXPECT_EQ(nothing.zeros + nothing.sign_flips + nothing.clamped, 0);
}

TEST_P(Counts, ClampedAreIncrementsOfNegativeEntropyBeyond30) {
  auto w = parameter({1.0, -1.0, 0.5, 0.25, 0.0});
  MirrorDescent optimizer({w}, MirrorDescentOptions(1.0).potential("negative_entropy"));
  w.mutable_grad() = tensor({31.0, -31.0, 29.0, 0.0, 40.0});
  optimizer.step();
  const StepCounts counts = optimizer.take_counts();
  EXPECT_EQ(counts.clamped, 3);
  EXPECT_EQ(counts.sign_flips, 0);
  EXPECT_EQ(counts.zeros, 1);
}

INSTANTIATE_TEST_SUITE_P(Precision, Counts, testing::Values(torch::kFloat32, torch::kFloat64),
                         [](const auto& test) { return std::string(torch::toString(test.param)); });

}  // namespace
}  // namespace mirrortune::test
