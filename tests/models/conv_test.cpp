#include "models/detail/conv.h"

#include <ostream>

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

namespace mirrortune::test {
namespace {

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

struct Case {
  std::int64_t in;
  std::int64_t out;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t images;
  std::int64_t height;
  std::int64_t width;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.in << "_" << c.out << "_k" << c.kernel << "_s" << c.stride << "_n" << c.images << "_"
               << c.height << "x" << c.width;
  }
};

struct Gradients {
  torch::Tensor x;
  torch::Tensor weight;
};

/// Of Σ output · direction.
Gradients gradients_of(const torch::Tensor& output, const torch::Tensor& direction, const torch::Tensor& x,
                       const torch::Tensor& weight) {
  const auto both = torch::autograd::grad({(output * direction).sum()}, {x, weight});
  return {both[0], both[1]};
}

double relative_error(const torch::Tensor& actual, const torch::Tensor& expected) {
  return ((actual - expected).norm() / expected.norm()).item<double>();
}

class ConvGradient : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { torch::manual_seed(3); }
};

TEST_P(ConvGradient, IsThatOfLibTorchInDouble) {
  const Case& c = GetParam();
  auto layer = conv(c.in, c.out, c.kernel, {.stride = c.stride});
  layer->to(torch::kFloat);
  layer->weight.set_data(layer->weight.contiguous(kChannelsLast));
  const auto x = torch::randn({c.images, c.in, c.height, c.width}).contiguous(kChannelsLast).requires_grad_();
  const auto output = layer->forward(x);
  const auto direction = torch::randn_like(output);
  const Gradients actual = gradients_of(output, direction, x, layer->weight);

  const auto exact_x = x.detach().to(torch::kDouble).requires_grad_();
  const auto exact_weight = layer->weight.detach().to(torch::kDouble).requires_grad_();
  const auto exact_output =
      torch::conv2d(exact_x, exact_weight, /*bias=*/{}, c.stride, /*padding=*/c.kernel / 2);
  const Gradients expected = gradients_of(exact_output, direction.to(torch::kDouble), exact_x, exact_weight);

  EXPECT_LT(relative_error(output, exact_output), 1e-6);
  EXPECT_LT(relative_error(actual.x, expected.x), 1e-6);
  EXPECT_LT(relative_error(actual.weight, expected.weight), 3e-6);
  EXPECT_TRUE(actual.weight.is_contiguous(kChannelsLast)) << "else each step would copy it";
}

INSTANTIATE_TEST_SUITE_P(Shapes, ConvGradient,
                         ::testing::Values(Case{128, 64, 3, 1, 5, 7, 9}, Case{64, 128, 3, 2, 3, 8, 5},
                                           Case{512, 512, 3, 1, 4, 2, 2}, Case{256, 256, 1, 1, 3, 5, 4},
                                           Case{256, 512, 1, 2, 3, 5, 4}, Case{32, 64, 7, 2, 2, 17, 16},
                                           Case{512, 512, 3, 1, 2, 1, 1}, Case{1, 8192, 3, 1, 2, 4, 4},
                                           Case{64, 1024, 1, 1, 1, 1, 1}, Case{128, 128, 3, 1, 3, 40, 40},
                                           Case{3, 64, 7, 2, 2, 32, 32}, Case{16, 16, 3, 1, 2, 6, 6}),
                         ::testing::PrintToStringParamName());

/// The name of the operation that made a tensor.
std::string made_by(const torch::Tensor& tensor) { return tensor.grad_fn()->name(); }

TEST(Conv, TakesTheProductOnlyWhereItHolds) {
  const auto product =
      made_by(conv(256, 256, 3)->forward(torch::randn({2, 256, 4, 4}).contiguous(kChannelsLast)));
  const auto x = torch::randn({2, 256, 4, 4}).contiguous(kChannelsLast);
  EXPECT_NE(product.find("ProductConv"), std::string::npos) << product;

  EXPECT_NE(made_by(conv(16, 16, 3)->forward(torch::randn({2, 16, 4, 4}).contiguous(kChannelsLast))),
            product);
  EXPECT_NE(made_by(conv(256, 256, 3)->forward(torch::randn({2, 256, 4, 4}))), product);
  EXPECT_NE(made_by(conv(256, 256, 3, {.bias = true})->forward(x)), product);
  EXPECT_NE(made_by(conv(256, 8192, 3, {.groups = 256})->forward(x)), product);
  auto exact = conv(256, 256, 3);
  exact->to(torch::kDouble);
  EXPECT_NE(made_by(exact->forward(x.to(torch::kDouble))), product);

  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(conv(256, 256, 3)->forward(x).requires_grad());
}

TEST(Conv, ComputesInBfloat16UnderAutocast) {
  auto layer = conv(256, 256, 3);
  const auto x = torch::randn({2, 256, 4, 4}).contiguous(kChannelsLast);
  at::autocast::set_autocast_enabled(torch::kCPU, true);
  const auto output = layer->forward(x);
  at::autocast::set_autocast_enabled(torch::kCPU, false);
  at::autocast::clear_cache();
  EXPECT_EQ(output.scalar_type(), torch::kBFloat16);
}

TEST(Conv, OfAFrozenWeightPassesTheGradientOn) {
  auto layer = conv(256, 256, 3);
  layer->weight.set_requires_grad(false);
  const auto x = torch::randn({2, 256, 4, 4}).contiguous(kChannelsLast).requires_grad_();
  layer->forward(x).sum().backward();
  EXPECT_TRUE(x.grad().defined());
}

}  // namespace
}  // namespace mirrortune::test
