#include "models/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "models/layers.h"
#include "models/names.h"

namespace mirrortune::test {
namespace {

TEST(Registry, NamesForCodeWithoutLibTorchAreTheTables) {
  EXPECT_EQ(network_names(), std::vector<std::string>(kNetworkNames.begin(), kNetworkNames.end()));
}

TEST(Registry, AnUnknownNetworkIsNamedWithTheNearestKnownOne) {
  EXPECT_FALSE(is_network("resnet81"));
  try {
    make_network("resnet81", 10);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("resnet81"));
    EXPECT_THAT(error.what(), testing::HasSubstr("Did you mean resnet18?"));
  }
}

TEST(Registry, TheHeadOfEveryNetworkIsALinearLayerWithAsManyOutputsAsClasses) {
  for (const std::string& name : network_names()) {
    const auto network = make_network(name, 17);
    const auto layers = conv_linear_weights(*network);
    EXPECT_EQ(layers.back().name, network->info().head + ".weight");
    EXPECT_EQ(layers.back().weight.size(0), 17);
  }
}

TEST(Registry, ANetworkTakesImagesOfAnyUsualResolution) {
  const torch::NoGradGuard no_grad;
  for (const std::string& name : network_names()) {
    const auto network = make_network(name, 3);
    network->eval();
    for (const std::int64_t side : {32, 33, 100}) {
      EXPECT_EQ(network->forward(torch::zeros({1, 3, side, side})).sizes().vec(),
                (std::vector<std::int64_t>{1, 3}));
    }
  }
}

TEST(Layers, WeightsAreTheNetworksOwnAndStaySoInChannelsLast) {
  const torch::NoGradGuard no_grad;
  const auto network = make_network("shufflenet_v2_x0_5", 10);
  const auto first = conv_linear_weights(*network).front();
  const auto before = first.weight.clone();
  use_channels_last(*network);
  EXPECT_TRUE(first.weight.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(first.weight.equal(before));
  first.weight.zero_();
  EXPECT_EQ(network->named_parameters()["conv1.0.weight"].abs().sum().item<float>(), 0.0F);
}

TEST(Layers, SquareRootsOfCountsAreExactIntegers) {
  EXPECT_EQ(images_sqrt(0), 0);
  EXPECT_EQ(images_sqrt(1), 1);
  EXPECT_EQ(images_sqrt(538640), 733);
  for (const std::int64_t root : {3L, 1165L, 94906267L, 3037000499L}) {
    EXPECT_EQ(images_sqrt(root * root - 1), root - 1);
    EXPECT_EQ(images_sqrt(root * root), root);
  }
}

}  // namespace
}  // namespace mirrortune::test
