#include "models/detail/drop.h"

#include <cmath>

#include <gtest/gtest.h>

#include "models/load.h"
#include "models/made_input.h"

namespace mirrortune::test {
namespace {

/// A network that lends its DropKey to the layer under test.
struct Layer {
  Layer(DropUnit unit, double rate, std::uint64_t index = 0)
      : network(make_network("shufflenet_v2_x0_5", 2)), layer(*network, unit, rate, index) {
    network->set_drop_key(DropKey{.seed = 7, .step = 3});
  }
  std::shared_ptr<Network> network;
  DropLayer layer;
};

TEST(Dropout, KeepsElementsWithTheRightProbabilityAndScale) {
  const Layer dropout(DropUnit::element, 0.3);
  const auto y = dropout.layer.forward(torch::ones({100, 1000}));
  const double kept = y.ne(0).to(torch::kFloat64).mean().item<double>();
  EXPECT_NEAR(kept, 0.7, 5 * std::sqrt(0.21 / 1e5));
  EXPECT_TRUE(torch::allclose(y.masked_select(y.ne(0)), torch::tensor(1.0F / 0.7F)));
  const auto rows = y.ne(0).to(torch::kFloat64).mean(1);
  EXPECT_GT(rows.std().item<double>(), 0);  // elements of one row are drawn apart
  EXPECT_LT(rows.std().item<double>(), 0.03);
}

TEST(StochasticDepth, DropsWholeImages) {
  const Layer depth(DropUnit::image, 0.25);
  const auto y = depth.layer.forward(torch::ones({2000, 3, 4, 4})).flatten(1);
  EXPECT_TRUE(y.amin(1).equal(y.amax(1)));
  EXPECT_NEAR(y.select(1, 0).ne(0).to(torch::kFloat64).mean().item<double>(), 0.75,
              5 * std::sqrt(0.1875 / 2000));
  EXPECT_FLOAT_EQ(y.max().item<float>(), 1 / 0.75F);
}

TEST(DropLayer, DrawsDependOnSeedStepAndIndexAlone) {
  const auto x = torch::ones({50, 50});
  Layer layer(DropUnit::element, 0.5);
  const auto first = layer.layer.forward(x);
  EXPECT_TRUE(layer.layer.forward(x).equal(first));
  layer.network->set_drop_key(DropKey{.seed = 7, .step = 4});
  EXPECT_FALSE(layer.layer.forward(x).equal(first));
  layer.network->set_drop_key(DropKey{.seed = 8, .step = 3});
  EXPECT_FALSE(layer.layer.forward(x).equal(first));
  EXPECT_FALSE(Layer(DropUnit::element, 0.5, /*index=*/1).layer.forward(x).equal(first));
}

TEST(DropLayer, PassesItsInputInEvalModeAndWithoutAKey) {
  const auto x = torch::ones({10, 10});
  Layer layer(DropUnit::element, 0.5);
  layer.layer.eval();
  EXPECT_TRUE(layer.layer.forward(x).equal(x));
  layer.layer.train();
  layer.network->set_drop_key(std::nullopt);
  EXPECT_TRUE(layer.layer.forward(x).equal(x));
}

TEST(DropLayer, GradientsPassWhereTheInputDid) {
  const Layer layer(DropUnit::element, 0.5);
  const auto x = torch::ones({100}, torch::requires_grad());
  const auto y = layer.layer.forward(x);
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(y.detach()));
}

class DroppingNetwork : public testing::TestWithParam<const char*> {};

TEST_P(DroppingNetwork, DropsInTrainModeOnlyAndRepeatably) {
  const torch::NoGradGuard no_grad;
  const auto network = make_network(GetParam(), 10);
  draw_weights(*network, /*seed=*/1);
  const auto images = made_images(8, 64, /*seed=*/1);
  const auto logits = [&](bool train, const std::optional<DropKey>& key) {
    network->train(train);
    network->set_drop_key(key);
    return network->forward(images);
  };
  const DropKey key{.seed = 1, .step = 2};
  const auto dropped = logits(true, key);
  EXPECT_TRUE(logits(true, key).equal(dropped));
  EXPECT_FALSE(logits(true, std::nullopt).equal(dropped));
  EXPECT_FALSE(logits(true, DropKey{.seed = 1, .step = 3}).equal(dropped));
  // Eval mode uses the running statistics, which train mode moved: compared with itself.
  EXPECT_TRUE(logits(false, key).equal(logits(false, std::nullopt)));
}

INSTANTIATE_TEST_SUITE_P(Networks, DroppingNetwork, testing::Values("efficientnet_b0", "efficientnet_lite0"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace mirrortune::test
