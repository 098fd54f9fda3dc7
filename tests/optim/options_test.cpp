#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "optim/problems.h"

namespace mirrortune::test {
namespace {

using testing::HasSubstr;

/// Expects that an optimiser with these options is refused with a sentence that holds `words`.
void expect_refused(const MirrorDescentOptions& options, const std::string& words) {
  const auto a = torch::zeros({2}).requires_grad_(true);
  EXPECT_THAT([&] { MirrorDescent({a}, options); }, testing::ThrowsMessage<ConfigError>(HasSubstr(words)));
  MirrorDescent optimizer({a}, MirrorDescentOptions(0.1));
  optimizer.param_groups()[0].set_options(std::make_unique<MirrorDescentOptions>(options));
  EXPECT_THAT([&] { optimizer.step(); }, testing::ThrowsMessage<ConfigError>(HasSubstr(words)));
}

TEST(MirrorDescentOptions, OutOfRangeAreRefusedAtTheStartAndAtAStep) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  expect_refused(MirrorDescentOptions(-0.1), "lr must be a finite number of at least 0 and is -0.1");
  expect_refused(MirrorDescentOptions(nan), "lr must be a finite number of at least 0 and is nan");
  expect_refused(MirrorDescentOptions(infinity), "lr must be a finite number of at least 0 and is inf");
  expect_refused(MirrorDescentOptions(0.1).momentum(-1.0), "momentum must be a finite number of at least 0");
  expect_refused(MirrorDescentOptions(0.1).weight_decay(-1.0),
                 "weight_decay must be a finite number of at least 0");
  expect_refused(MirrorDescentOptions(0.1).dampening(1.5), "dampening must lie in [0, 1] and is 1.5");
  expect_refused(MirrorDescentOptions(0.1).nesterov(true), "nesterov needs a momentum above 0");
  expect_refused(MirrorDescentOptions(0.1).nesterov(true).momentum(0.9).dampening(0.1), "a dampening of 0");
  expect_refused(MirrorDescentOptions(0.1).potential("adam"), "unknown potential 'adam'");
  expect_refused(MirrorDescentOptions(0.1).potential("1-norm"), "p must be a finite number above 1");
  expect_refused(MirrorDescentOptions(0.1).normalization("max"),
                 "normalization must be none or rms and is 'max'");
  expect_refused(MirrorDescentOptions(0.1).decay("l2"),
                 "decay must be coupled, decoupled or bregman and is 'l2'");
  expect_refused(MirrorDescentOptions(0.1).second_moment(1.0), "second_moment must lie in [0, 1) and is 1");
  expect_refused(MirrorDescentOptions(0.1).second_moment(0.9).momentum(1.0), "a momentum below 1");
  expect_refused(MirrorDescentOptions(0.1).second_moment(0.9).momentum(0.9).nesterov(true), "no nesterov");
  expect_refused(MirrorDescentOptions(0.1).epsilon(0.0), "epsilon must be a finite number above 0 and is 0");
  expect_refused(MirrorDescentOptions(0.1).clip_norm(-1.0),
                 "clip_norm must be a finite number of at least 0");
  expect_refused(MirrorDescentOptions(0.1).form("lazy"),
                 "form must be mirror_descent, dual_averaging or pair and is 'lazy'");
  expect_refused(MirrorDescentOptions(0.1).form("pair"), "a potential that keeps signs");
  expect_refused(MirrorDescentOptions(0.1).form("pair").potential("negative_entropy").pair_beta(0.0),
                 "pair_beta must be a finite number above 0 and is 0");
  expect_refused(MirrorDescentOptions(0.1).form("dual_averaging").decay("bregman").weight_decay(0.1),
                 "takes coupled decay only, and decay is bregman");
  expect_refused(MirrorDescentOptions(0.1).form("dual_averaging").zeros("eps"), "takes zeros keep or mask");
  expect_refused(MirrorDescentOptions(0.1).zeros("drop"), "zeros must be keep, eps or mask and is 'drop'");
  expect_refused(MirrorDescentOptions(0.1).zero_eps(nan),
                 "zero_eps must be a finite number above 0 and is nan");
  expect_refused(MirrorDescentOptions(0.1).nonfinite_gradients("stop"),
                 "nonfinite_gradients must be propagate, skip or error and is 'stop'");
}

TEST(MirrorDescentOptions, EveryOneChangesTheWeights) {
  using Change = void (*)(MirrorDescentOptions&);
  const auto weights_after = [](const MirrorDescentOptions& options) {
    auto parameters = make_parameters(4);
    {
      const torch::NoGradGuard no_grad;
      parameters[3][0] = 0.0;
    }
    MirrorDescent optimizer(parameters, options);
    take_steps(optimizer, parameters, 0, 3);
    set_gradients(3, {parameters});
    parameters[6].mutable_grad()[0] = std::numeric_limits<float>::infinity();
    optimizer.step();
    return parameters[3].detach();
  };
  const auto expect_changes = [&](const MirrorDescentOptions& base, const std::vector<Change>& changes) {
    const auto unchanged = weights_after(base);
    EXPECT_TRUE(bit_equal(weights_after(base), unchanged));
    for (std::size_t i = 0; i < changes.size(); ++i) {
      MirrorDescentOptions changed = base;
      changes[i](changed);
      EXPECT_FALSE(bit_equal(weights_after(changed), unchanged)) << "option " << i;
    }
  };
  using Options = MirrorDescentOptions;
  expect_changes(
      Options(0.01).momentum(0.9).weight_decay(0.1).potential("negative_entropy"),
      {[](Options& o) { o.lr(0.02); }, [](Options& o) { o.momentum(0.8); },
       [](Options& o) { o.dampening(0.1); }, [](Options& o) { o.nesterov(true); },
       [](Options& o) { o.weight_decay(0.2); }, [](Options& o) { o.decay("decoupled"); },
       [](Options& o) { o.decay("bregman"); }, [](Options& o) { o.potential("2-norm"); },
       [](Options& o) { o.normalization("rms"); }, [](Options& o) { o.second_moment(0.99); },
       [](Options& o) { o.clip_norm(1.0); }, [](Options& o) { o.form("dual_averaging").zeros("keep"); },
       [](Options& o) { o.form("pair"); }, [](Options& o) { o.zeros("eps"); },
       [](Options& o) { o.nonfinite_gradients("skip"); }});
  expect_changes(Options(0.01).form("pair").potential("negative_entropy"),
                 {[](Options& o) { o.pair_beta(0.02); }, [](Options& o) { o.zeros("mask"); }});
  expect_changes(Options(0.01).second_moment(0.9), {[](Options& o) { o.epsilon(1e-3); }});
  expect_changes(Options(0.01).zeros("eps").potential("negative_entropy"),
                 {[](Options& o) { o.zero_eps(1e-3); }});
}

TEST(MirrorDescentOptions, AreMadeFromAConfiguration) {
  const OptimizerOptions configured{.momentum = 0.8,
                                    .dampening = 0.0,
                                    .nesterov = true,
                                    .weight_decay = 0.1,
                                    .normalization = Normalization::rms};
  const MirrorDescentOptions options = make_options(0.3, "negative_entropy", configured);
  EXPECT_EQ(options.lr(), 0.3);
  EXPECT_EQ(options.momentum(), 0.8);
  EXPECT_EQ(options.dampening(), 0.0);
  EXPECT_TRUE(options.nesterov());
  EXPECT_EQ(options.weight_decay(), 0.1);
  EXPECT_EQ(options.potential(), "negative_entropy");
  EXPECT_EQ(options.normalization(), "rms");
  EXPECT_EQ(make_options(0.3, "2-norm", {}).normalization(), "none");
  const MirrorDescentOptions further = make_options(0.3, "negative_entropy",
                                                    {.decay = Decay::bregman,
                                                     .second_moment = 0.9,
                                                     .epsilon = 1e-4,
                                                     .clip_norm = 2.0,
                                                     .form = Form::pair,
                                                     .pair_beta = 0.3,
                                                     .zeros = ZeroPolicy::mask,
                                                     .zero_eps = 1e-3,
                                                     .nonfinite_gradients = NonfiniteGradients::error});
  EXPECT_EQ(further.decay(), "bregman");
  EXPECT_EQ(further.second_moment(), 0.9);
  EXPECT_EQ(further.epsilon(), 1e-4);
  EXPECT_EQ(further.clip_norm(), 2.0);
  EXPECT_EQ(further.form(), "pair");
  EXPECT_EQ(further.pair_beta(), 0.3);
  EXPECT_EQ(further.zeros(), "mask");
  EXPECT_EQ(further.zero_eps(), 1e-3);
  EXPECT_EQ(further.nonfinite_gradients(), "error");
}

TEST(MirrorDescentOptions, OfTheWholeOptimiserMustAgreeInAllGroups) {
  using torch::optim::OptimizerParamGroup;
  const auto group = [](const MirrorDescentOptions& options) {
    return OptimizerParamGroup({parameter({1.0})}, std::make_unique<MirrorDescentOptions>(options));
  };
  const auto expect_disagreement = [&](const MirrorDescentOptions& other, const std::string& words) {
    MirrorDescent optimizer(std::vector{group(MirrorDescentOptions(0.1)), group(other)},
                            MirrorDescentOptions(0.1));
    EXPECT_THAT([&] { optimizer.step(); }, testing::ThrowsMessage<ConfigError>(HasSubstr(words)));
  };
  expect_disagreement(MirrorDescentOptions(0.1).clip_norm(2.0), "clip_norm must be the same in all groups");
  expect_disagreement(MirrorDescentOptions(0.1).nonfinite_gradients("skip"),
                      "nonfinite_gradients must be the same in all groups");
}

TEST(MirrorDescentOptions, ParametersThatCannotBeSteppedAreRefused) {
  const auto refuses = [](std::vector<torch::Tensor> parameters, const std::string& words) {
    EXPECT_THAT([&] { MirrorDescent(parameters, MirrorDescentOptions(0.1)); },
                testing::ThrowsMessage<ConfigError>(HasSubstr(words)));
  };
  const auto a = torch::zeros({2}).requires_grad_(true);
  refuses({a, a}, "one is given twice");
  refuses({torch::zeros({2}, torch::kInt32)}, "must be a floating-point tensor and one is Int");
  refuses({torch::zeros({2}, torch::kComplexFloat)},
          "must be a floating-point tensor and one is ComplexFloat");
  refuses({a, torch::zeros({2}, torch::kMeta)}, "on one device and are on cpu and meta");
  refuses({torch::zeros({2}, torch::kMeta)}, "and one is on meta");
  refuses({torch::Tensor()}, "undefined");
  const auto expect_outside = [](const char* potential, double weight) {
    auto w = parameter({0.5, weight});
    MirrorDescent optimizer({w}, MirrorDescentOptions(0.1).potential(potential));
    set_gradient(w, {0.1, 0.1});
    EXPECT_THAT([&] { optimizer.step(); },
                testing::ThrowsMessage<ConfigError>(HasSubstr("lies outside the domain of")));
    EXPECT_EQ(w[0].item<float>(), 0.5f);
  };
  expect_outside("logistic(max=1)", -0.25);
  expect_outside("logistic(max=1)", 1.0);
  expect_outside("bounded(max=1)", 1.5);
  expect_outside("burg", 0.0);
  MirrorDescent optimizer({a}, MirrorDescentOptions(0.1));
  a.mutable_grad() = torch::ones({2}).to_sparse();
  EXPECT_THAT([&] { optimizer.step(); },
              testing::ThrowsMessage<ConfigError>(HasSubstr("gradients must be dense")));
}

}  // namespace
}  // namespace mirrortune::test
