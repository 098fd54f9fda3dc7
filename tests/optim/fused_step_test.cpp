#include <bit>

#include <gtest/gtest.h>

#include "optim/detail/cpu_kernel.h"
#include "optim/problems.h"
#include "optim/reference_step.h"
#include "potential/step.h"

namespace mirrortune::test {
namespace {

class FusedStep : public testing::TestWithParam<std::string> {
 protected:
  /// A step's settings with everything in use.
  StepSettings settings() const {
    return {{.lr = 0.03, .momentum = 0.9, .dampening = 0.1, .weight_decay = 0.01},
            parse_potential(GetParam())};
  }
  MirrorDescentOptions options() const {
    return MirrorDescentOptions(0.03).momentum(0.9).dampening(0.1).weight_decay(0.01).potential(GetParam());
  }
};

/// |error| bound of a float32 step (see the tests of potential), seen from the weight after it; K = 8 for
/// both sides.
torch::Tensor step_bound(const StepSettings& settings, const torch::Tensor& before,
                         const torch::Tensor& after, const torch::Tensor& increment) {
  return std::visit(
      [&](const auto& potential) {
        const auto w = before.to(torch::kFloat64).contiguous(),
                   w_after = after.to(torch::kFloat64).contiguous();
        const auto d = increment.to(torch::kFloat64).contiguous();
        auto bound = torch::empty_like(w);
        for (std::int64_t i = 0; i < w.numel(); ++i) {
          const double size = std::fabs(w.data_ptr<double>()[i]), moved = w_after.data_ptr<double>()[i];
          const double shift = std::fabs(d.data_ptr<double>()[i]);
          const double log_factor = 1.0 + 10.0 * std::fabs(std::log(size)),
                       shift_factor = 1.0 + std::fabs(std::log(shift));
          bound.template data_ptr<double>()[i] =
              8.0 * std::exp2(-24) *
              (std::fabs(moved) + (std::fabs(potential.to_dual(size)) * log_factor + shift * shift_factor) /
                                      potential.second_derivative(moved));
        }
        return bound;
      },
      settings.potential);
}

/// Four fused steps, each beside a reference step from the same weights.
void expect_matches_reference(const StepSettings& rule, const MirrorDescentOptions& options) {
  auto fused = make_parameters(2, torch::kFloat32, options.potential());
  MirrorDescent optimizer(fused, options);
  std::vector<torch::Tensor> velocities(fused.size());
  for (std::uint64_t step = 0; step < 4; ++step) {
    const auto before = copies_of(fused);
    set_gradients(step, {fused});
    optimizer.step();
    for (std::size_t i = 0; i < fused.size(); ++i) {
      const auto expected = before[i].detach().clone(), gradient = fused[i].grad();
      reference_step(expected, gradient, velocities[i], rule, /*scale=*/1.0);
      const auto increment = velocities[i] * -rule.lr;
      const auto bound = step_bound(rule, before[i].detach(), expected, increment);
      const auto error = (fused[i].detach() - expected).abs().to(torch::kFloat64);
      EXPECT_TRUE((error <= bound.view_as(error)).all().item<bool>())
          << "step " << step << ", parameter " << i;
    }
  }
}

TEST_P(FusedStep, MatchesTheShiftOfTheDualInFloat64) { expect_matches_reference(settings(), options()); }

/// Compares the loops with the step of one weight, bit by bit.
void expect_scalar_bits(const StepSettings& rule) {
  auto weights = torch::randn({70001}) * 0.2;
  auto gradients = torch::randn({70001});
  // Zeros, tiny and huge numbers in between, so that some of the attempts in closed form fail.
  for (std::int64_t i = 0; i < 70001; i += 97) weights[i] = i % 2 == 0 ? 0.0 : 1e-25;
  for (std::int64_t i = 0; i < 70001; i += 89) gradients[i] = i % 2 == 0 ? 0.0 : 1e-37;
  weights[1234] = 1e30;
  gradients[777] = std::numeric_limits<float>::quiet_NaN();
  for (const detail::SimdLevel level : detail::simd_levels()) {
    auto stepped = weights.clone();
    const TensorStep<float> tensor{.weight = stepped.data_ptr<float>(),
                                   .gradient = gradients.data_ptr<float>(),
                                   .size = 70001,
                                   .settings = &rule};
    // An odd start: neither aligned nor a whole number of tiles.
    detail::step_range(tensor, 0, 3, level);
    detail::step_range(tensor, 3, 70001, level);
    visit_step(rule.potential, /*scale=*/1.0, [&](const auto& step, double factor) {
      const auto rate = finite_rate<float>(-rule.lr * factor);
      for (std::int64_t i = 0; i < 70001; ++i) {
        const float expected =
            take_step(step, weights.data_ptr<float>()[i], gradients.data_ptr<float>()[i], rate);
        const float found = stepped.data_ptr<float>()[i];
        if (std::isnan(expected)) {
          EXPECT_TRUE(std::isnan(found)) << i;
        } else {
          EXPECT_EQ(std::bit_cast<std::uint32_t>(found), std::bit_cast<std::uint32_t>(expected)) << i;
        }
      }
    });
  }
}

TEST_P(FusedStep, HasTheBitsOfTheScalarStepForEveryInstructionSet) {
  for (const double lr : {1e-4, 0.03, 0.5, 50.0}) {  // few weights, some or most need a second try
    SCOPED_TRACE(testing::Message() << "lr = " << lr);
    expect_scalar_bits({{.lr = lr}, parse_potential(GetParam())});
  }
}

/// The weights after steps with every option in use, by the loops of one instruction set.
torch::Tensor weights_after(const StepSettings& rule, detail::SimdLevel level) {
  torch::manual_seed(6);
  auto weight = torch::rand({5003}) * 0.5 + 0.1;
  const auto start = weight.clone();
  auto velocity = torch::zeros({5003}), moment = torch::zeros({5003}), sum = torch::zeros({5003});
  auto plus = weight + 0.1f, minus = torch::full({5003}, 0.1f);
  for (int t = 1; t <= 3; ++t) {
    const auto gradient = torch::randn({5003});
    const TensorStep<float> tensor{
        .weight = weight.data_ptr<float>(),
        .gradient = gradient.data_ptr<float>(),
        .size = 5003,
        .velocity = velocity.data_ptr<float>(),
        .second_moment = rule.second_moment > 0 ? moment.data_ptr<float>() : nullptr,
        .step_number = t,
        .start = start.data_ptr<float>(),
        .direction_sum = sum.data_ptr<float>(),
        .plus = plus.data_ptr<float>(),
        .minus = minus.data_ptr<float>(),
        .gradient_scale = 0.7,
        .settings = &rule};
    detail::step_range(tensor, 0, 5003, level);
  }
  return weight;
}

TEST_P(FusedStep, HasTheSameBitsForEveryInstructionSetWithEveryOption) {
  StepSettings base = settings();
  base.dampening = 0.0;
  const bool keeps_signs = GetParam() == "negative_entropy" || GetParam() == "burg";
  std::vector<StepSettings> rules(keeps_signs ? 6 : 5, base);
  rules[0].second_moment = 0.99;
  rules[1].decay = Decay::decoupled;
  rules[2].decay = Decay::bregman;
  rules[3].form = Form::dual_averaging;
  rules[4].zeros = ZeroPolicy::eps;
  if (keeps_signs) rules[5].form = Form::pair;
  for (const StepSettings& rule : rules) {
    const auto expected = weights_after(rule, detail::SimdLevel::portable);
    for (const detail::SimdLevel level : detail::simd_levels()) {
      EXPECT_TRUE(bit_equal(weights_after(rule, level), expected));
    }
  }
}

TEST_P(FusedStep, HasTheSameBitsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  const auto start = make_parameters(3, torch::kFloat32, GetParam());
  std::vector<torch::Tensor> first;
  for (const int count : {1, 2, 3, 7}) {
    at::set_num_threads(count);
    auto parameters = copies_of(start);
    MirrorDescent optimizer(parameters, options().normalization("rms"));
    for (std::uint64_t step = 0; step < 3; ++step) {
      set_gradients(step, {parameters});
      optimizer.step();
    }
    if (first.empty()) first = parameters;
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(bit_equal(parameters[i], first[i])) << count;
  }
  at::set_num_threads(threads);
}

/// Steps a parameter of some layout and a contiguous copy side by side.
void expect_layout_does_not_matter(torch::Tensor parameter, const MirrorDescentOptions& options,
                                   at::MemoryFormat gradient_format) {
  parameter.requires_grad_(true);
  auto plain = parameter.detach().contiguous().clone().requires_grad_(true);
  const auto strides = parameter.strides().vec();
  MirrorDescent odd({parameter}, options), even({plain}, options);
  for (int step = 0; step < 3; ++step) {
    const auto gradient = torch::randn(parameter.sizes());
    parameter.mutable_grad() = gradient.contiguous(gradient_format);
    plain.mutable_grad() = gradient;
    odd.step();
    even.step();
  }
  EXPECT_TRUE(bit_equal(parameter, plain));
  EXPECT_EQ(parameter.strides().vec(), strides);
}

TEST_P(FusedStep, DoesNotDependOnTheLayoutOfWeightsAndGradients) {
  const auto channels_last = at::MemoryFormat::ChannelsLast, contiguous = at::MemoryFormat::Contiguous;
  torch::manual_seed(5);
  const auto domain = [](const torch::Tensor& weights) { return into_domain(GetParam(), weights); };
  const auto weights = domain(torch::randn({6, 5, 3, 3}));
  expect_layout_does_not_matter(weights.contiguous(channels_last), options(), channels_last);
  expect_layout_does_not_matter(weights.contiguous(channels_last), options(), contiguous);
  expect_layout_does_not_matter(weights.clone(), options(), channels_last);
  expect_layout_does_not_matter(domain(torch::randn({5, 6, 3, 3})).transpose(0, 1), options(), contiguous);
  expect_layout_does_not_matter(domain(torch::randn({12, 5, 3, 3})).slice(0, 0, 12, 2), options(),
                                contiguous);
}

INSTANTIATE_TEST_SUITE_P(All, FusedStep, testing::ValuesIn(stepped_potentials()),
                         [](const auto& test) { return test_name(test.param); });

}  // namespace
}  // namespace mirrortune::test
