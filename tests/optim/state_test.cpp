#include <numeric>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "optim/problems.h"

namespace mirrortune::test {
namespace {

std::vector<std::string> names_of(const std::vector<torch::Tensor>& parameters) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    names.push_back("block." + std::to_string(i) + ".weight");
  return names;
}

MirrorDescentOptions full_options() {
  return MirrorDescentOptions(0.02).momentum(0.9).potential("3-norm").normalization("rms").weight_decay(1e-3);
}

/// Six steps at once, and six with the state carried over in the middle by `carry(from, to)`, end in the same
/// bits.
template <class Carry>
void expect_same_after_resume(const Carry& carry, const MirrorDescentOptions& resumed_options) {
  auto straight = make_parameters(8);
  auto interrupted = copies_of(straight);
  MirrorDescent one(straight, full_options());
  take_steps(one, straight, 0, 6);
  MirrorDescent before(interrupted, full_options());
  take_steps(before, interrupted, 0, 3);
  auto resumed = copies_of(interrupted);
  MirrorDescent after(resumed, resumed_options);
  carry(before, after);
  take_steps(after, resumed, 3, 6);
  for (std::size_t i = 0; i < straight.size(); ++i) EXPECT_TRUE(bit_equal(resumed[i], straight[i])) << i;
}

TEST(OptimizerState, NamedTensorsResumeBitForBit) {
  const auto names = names_of(make_parameters(8));
  expect_same_after_resume(
      [&](MirrorDescent& from, MirrorDescent& to) { to.load_named_state(names, from.named_state(names)); },
      full_options());
}

TEST(OptimizerState, TorchSaveAndLoadResumeBitForBitWithTheOptions) {
  expect_same_after_resume(
      [](MirrorDescent& from, MirrorDescent& to) {
        std::stringstream stream;
        torch::save(from, stream);
        torch::load(to, stream);
      },
      MirrorDescentOptions(0.5).potential("negative_entropy"));
}

TEST(OptimizerState, HoldsVelocitiesAndScalesOfSteppedParametersOnly) {
  auto parameters = make_parameters(9);
  const auto names = names_of(parameters);
  MirrorDescent optimizer(parameters, full_options());
  EXPECT_TRUE(optimizer.named_state(names).empty());
  set_gradients(0, {parameters});
  parameters[1].mutable_grad() = torch::Tensor();
  optimizer.step();
  const auto state = optimizer.named_state(names);
  EXPECT_EQ(state.size(), 2 * (parameters.size() - 1));
  EXPECT_TRUE(bit_equal(state.at("block.2.weight.velocity"),
                        parameters[2].grad().add(make_parameters(9)[2], 1e-3)));  // the first step has v = g
  EXPECT_FALSE(state.contains("block.1.weight.rms"));
}

TEST(OptimizerState, WithoutMomentumAndNormalizationIsEmpty) {
  auto parameters = make_parameters(9);
  MirrorDescent optimizer(parameters, MirrorDescentOptions(0.1));
  take_steps(optimizer, parameters, 0, 2);
  EXPECT_TRUE(optimizer.named_state(names_of(parameters)).empty());
}

TEST(OptimizerState, LoadedTensorsAreCopiedIntoTheLayoutOfTheParameter) {
  auto weight = torch::randn({4, 3, 2, 2}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_(true);
  MirrorDescent optimizer({weight}, MirrorDescentOptions(0.1).momentum(0.9));
  const auto velocity = torch::randn({4, 3, 2, 2});
  optimizer.load_named_state({"w"}, {{"w.velocity", velocity}});
  const auto held = optimizer.named_state({"w"}).at("w.velocity");
  EXPECT_TRUE(bit_equal(held, velocity));
  EXPECT_EQ(held.strides(), weight.strides());
  EXPECT_NE(held.data_ptr(), velocity.data_ptr());
}

TEST(OptimizerState, WhatDoesNotFitIsRefusedAndChangesNothing) {
  auto weight = torch::ones({2}).requires_grad_(true);
  MirrorDescent optimizer({weight}, MirrorDescentOptions(0.1).momentum(0.9));
  weight.mutable_grad() = torch::ones({2});
  optimizer.step();
  const auto refuses = [&](const std::map<std::string, torch::Tensor>& state, const std::string& words) {
    EXPECT_THAT([&] { optimizer.load_named_state({"w"}, state); },
                testing::ThrowsMessage<DataError>(testing::HasSubstr(words)));
    EXPECT_TRUE(bit_equal(optimizer.named_state({"w"}).at("w.velocity"), torch::ones({2})));
  };
  refuses({{"v.velocity", torch::zeros({2})}}, "v.velocity: no parameter has this name");
  refuses({{"w.velocity", torch::zeros({3})}}, "its shape is not the parameter's");
  refuses({{"w.velocity", torch::zeros({2}, torch::kFloat64)}}, "its dtype is not the parameter's");
  refuses({{"w.moment", torch::zeros({2})}}, "no such slot exists");
  refuses({{"w.rms", torch::tensor(-1.0)}}, "one finite number above 0");
  refuses({{"w.velocity", torch::zeros({2})}, {"w.rms", torch::zeros({2})}}, "one finite number above 0");
}

}  // namespace
}  // namespace mirrortune::test
