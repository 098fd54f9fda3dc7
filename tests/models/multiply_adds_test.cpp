#include "models/multiply_adds.h"

#include <map>

#include <gtest/gtest.h>

#include "models/layers.h"
#include "models/network.h"

namespace mirrortune::test {
namespace {

std::int64_t total(const std::string& network, std::int64_t classes, std::int64_t resolution) {
  std::int64_t sum = 0;
  for (const LayerCost& layer : multiply_adds(network, classes, resolution)) sum += layer.multiply_adds;
  return sum;
}

std::map<std::string, std::int64_t> by_layer(const std::string& network, std::int64_t resolution) {
  std::map<std::string, std::int64_t> costs;
  for (const LayerCost& layer : multiply_adds(network, 1000, resolution))
    costs[layer.name] = layer.multiply_adds;
  return costs;
}

TEST(MultiplyAdds, OfALayerAreItsOutputsTimesTheInputsOfEach) {
  const auto costs = by_layer("resnet18", 224);
  EXPECT_EQ(costs.at("conv1"), 112 * 112 * 64 * (3 * 7 * 7));
  EXPECT_EQ(costs.at("layer4.1.conv2"), 7 * 7 * 512 * (512 * 9));
  EXPECT_EQ(costs.at("fc"), 512 * 1000);
  EXPECT_EQ(costs.at("layer2.0.downsample.0"), 28 * 28 * 128 * 64);
  EXPECT_EQ(by_layer("shufflenet_v2_x0_5", 64).at("stage2.0.branch1.0"), 8 * 8 * 24 * 9);  // depthwise
}

TEST(MultiplyAdds, CountALayerEachTimeItRuns) {
  const auto costs = by_layer("cornet_s", 224);
  EXPECT_EQ(costs.at("V4.conv1"), (28 * 28 + 3 * 14 * 14) * 1024 * 256);
  const std::int64_t steps = 100;  // there is no state before the first
  EXPECT_EQ(by_layer("elman_rnn_h100", steps).at("rnn"), steps * 28 * 100 + (steps - 1) * 100 * 100);
}

struct Published {
  const char* network;
  std::int64_t resolution;
  double giga;  ///< as torchvision publishes them, to three decimals
};

class PublishedMultiplyAdds : public testing::TestWithParam<Published> {};

TEST_P(PublishedMultiplyAdds, AreOurs) {
  const auto& published = GetParam();
  EXPECT_NEAR(static_cast<double>(total(published.network, 1000, published.resolution)) * 1e-9,
              published.giga, 0.002 + 0.001 * published.giga);
}

INSTANTIATE_TEST_SUITE_P(
    Torchvision, PublishedMultiplyAdds,
    testing::Values(Published{"resnet18", 224, 1.814}, Published{"resnet34", 224, 3.664},
                    Published{"resnet50", 224, 4.089}, Published{"resnet101", 224, 7.801},
                    Published{"shufflenet_v2_x0_5", 224, 0.040}, Published{"shufflenet_v2_x1_0", 224, 0.145},
                    Published{"shufflenet_v2_x1_5", 224, 0.296}, Published{"shufflenet_v2_x2_0", 224, 0.583},
                    Published{"efficientnet_b0", 224, 0.386}, Published{"efficientnet_b1", 240, 0.687},
                    Published{"efficientnet_b2", 288, 1.088}, Published{"efficientnet_b3", 300, 1.827},
                    Published{"efficientnet_b4", 380, 4.394}, Published{"efficientnet_b5", 456, 10.266},
                    Published{"efficientnet_b6", 528, 19.068}, Published{"efficientnet_b7", 600, 37.746}),
    [](const auto& instance) { return std::string(instance.param.network); });

TEST(MultiplyAdds, EveryLayerWithAWeightThatIsMultipliedIsThere) {
  for (const char* name : {"resnet50", "efficientnet_lite0", "cornet_rt", "cornet_z", "simsiam_resnet50"}) {
    const auto costs = by_layer(name, 224);
    for (const LayerInfo& layer : describe_layers(*make_network(name, 1000))) {
      const bool multiplies = layer.kind == "Conv2d" || layer.kind == "Linear";
      EXPECT_EQ(costs.contains(layer.name), multiplies) << name << " " << layer.name;
    }
  }
}

}  // namespace
}  // namespace mirrortune::test
