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
}

TEST(MirrorDescentOptions, EveryOneChangesTheWeights) {
  using Change = void (*)(MirrorDescentOptions&);
  const auto weights_after = [](const MirrorDescentOptions& options) {
    auto parameters = make_parameters(4);
    MirrorDescent optimizer(parameters, options);
    for (std::uint64_t step = 0; step < 3; ++step) {
      set_gradients(step, {parameters});
      optimizer.step();
    }
    return parameters[3].detach();
  };
  const auto base = MirrorDescentOptions(0.01).momentum(0.9).potential("3-norm");
  const std::vector<Change> changes = {[](MirrorDescentOptions& o) { o.lr(0.02); },
                                       [](MirrorDescentOptions& o) { o.momentum(0.8); },
                                       [](MirrorDescentOptions& o) { o.dampening(0.1); },
                                       [](MirrorDescentOptions& o) { o.nesterov(true); },
                                       [](MirrorDescentOptions& o) { o.weight_decay(0.1); },
                                       [](MirrorDescentOptions& o) { o.potential("2-norm"); },
                                       [](MirrorDescentOptions& o) { o.normalization("rms"); }};
  const auto unchanged = weights_after(base);
  EXPECT_TRUE(bit_equal(weights_after(base), unchanged));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    MirrorDescentOptions changed = base;
    changes[i](changed);
    EXPECT_FALSE(bit_equal(weights_after(changed), unchanged)) << "option " << i;
  }
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
}

TEST(MirrorDescentOptions, ParametersThatCannotBeSteppedAreRefused) {
  const auto refuses = [](std::vector<torch::Tensor> parameters, const std::string& words) {
    EXPECT_THAT([&] { MirrorDescent(parameters, MirrorDescentOptions(0.1)); },
                testing::ThrowsMessage<ConfigError>(HasSubstr(words)));
  };
  const auto a = torch::zeros({2}).requires_grad_(true);
  refuses({a, a}, "one is given twice");
  refuses({torch::zeros({2}, torch::kHalf)}, "must be a float32 or float64 tensor and one is Half");
  refuses({torch::Tensor()}, "undefined");
  MirrorDescent optimizer({a}, MirrorDescentOptions(0.1));
  a.mutable_grad() = torch::ones({2}).to_sparse();
  EXPECT_THAT([&] { optimizer.step(); },
              testing::ThrowsMessage<ConfigError>(HasSubstr("gradients must be dense")));
}

}  // namespace
}  // namespace mirrortune::test
