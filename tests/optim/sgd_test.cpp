#include <limits>

#include <gtest/gtest.h>

#include "optim/problems.h"

namespace mirrortune::test {
namespace {

struct SgdCase {
  const char* name;
  double momentum, dampening, weight_decay;
  bool nesterov;
};

std::vector<SgdCase> sgd_cases() {
  return {{"Plain", 0.0, 0.0, 0.0, false},      {"Momentum", 0.9, 0.0, 0.0, false},
          {"Dampening", 0.9, 0.3, 0.0, false},  {"Decay", 0.0, 0.0, 0.01, false},
          {"Nesterov", 0.8, 0.0, 0.0, true},    {"NesterovDecay", 0.8, 0.0, 0.05, true},
          {"Everything", 0.7, 0.2, 0.03, false}};
}

class TwoNorm : public testing::TestWithParam<std::tuple<SgdCase, torch::Dtype>> {};

TEST_P(TwoNorm, EqualsLibTorchsSgdBitForBit) {
  const auto& [options, dtype] = GetParam();
  auto ours = make_parameters(1, dtype);
  auto theirs = copies_of(ours);
  MirrorDescent mirror(ours, MirrorDescentOptions(0.05)
                                 .momentum(options.momentum)
                                 .dampening(options.dampening)
                                 .weight_decay(options.weight_decay)
                                 .nesterov(options.nesterov));
  torch::optim::SGD sgd(theirs, torch::optim::SGDOptions(0.05)
                                    .momentum(options.momentum)
                                    .dampening(options.dampening)
                                    .weight_decay(options.weight_decay)
                                    .nesterov(options.nesterov));
  for (std::uint64_t step = 0; step < 5; ++step) {
    set_gradients(step, {ours, theirs});
    mirror.step();
    sgd.step();
    for (std::size_t i = 0; i < ours.size(); ++i)
      EXPECT_TRUE(bit_equal(ours[i], theirs[i])) << step << ' ' << i;
  }
}

TEST(SgdWithInfiniteGradients, TakesTheWeightsWhereLibTorchsTakesThem) {
  for (const bool nesterov : {false, true}) {
    auto ours = make_parameters(1), theirs = copies_of(ours);
    MirrorDescent mirror(ours, MirrorDescentOptions(0.05).momentum(0.9).nesterov(nesterov));
    torch::optim::SGD sgd(theirs, torch::optim::SGDOptions(0.05).momentum(0.9).nesterov(nesterov));
    for (std::uint64_t step = 0; step < 3; ++step) {
      set_gradients(step, {ours, theirs});
      for (const auto& parameters : {ours, theirs}) {
        parameters[3].mutable_grad()[7] = std::numeric_limits<float>::infinity();
        parameters[3].mutable_grad()[800] = -std::numeric_limits<float>::infinity();
      }
      mirror.step();
      sgd.step();
    }
    EXPECT_TRUE(bit_equal(ours[3], theirs[3])) << nesterov;
    EXPECT_EQ(ours[3][7].item<float>(), -std::numeric_limits<float>::infinity());
  }
}

INSTANTIATE_TEST_SUITE_P(All, TwoNorm,
                         testing::Combine(testing::ValuesIn(sgd_cases()),
                                          testing::Values(torch::kFloat32, torch::kFloat64)),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) +
                                  torch::toString(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace mirrortune::test
