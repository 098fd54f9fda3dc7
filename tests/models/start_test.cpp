#include <cmath>

#include <gtest/gtest.h>

#include "base/stream.h"
#include "models/layers.h"
#include "models/load.h"

namespace mirrortune::test {
namespace {

double mean_of(const torch::Tensor& t) { return t.to(torch::kFloat64).mean().item<double>(); }
double sd_of(const torch::Tensor& t) { return t.to(torch::kFloat64).std().item<double>(); }
double largest_of(const torch::Tensor& t) { return t.abs().max().item<double>(); }

/// The parameters of a network of 1000 classes that started at random.
auto started(const std::string& name, std::uint64_t seed) {
  const auto network = make_network(name, 1000);
  load_weights(*network, ModelOptions{.name = name, .weights = "none"}, seed);
  return network->named_parameters();
}

TEST(RandomStart, ResNetConvolutionsAreNormalWithVarianceTwoOverFanOut) {
  const auto w = started("resnet18", 1)["layer4.1.conv2.weight"];
  const double expected = std::sqrt(2.0 / (512 * 9));
  EXPECT_NEAR(sd_of(w), expected, 0.003 * expected);
  EXPECT_NEAR(mean_of(w), 0, 5 * expected / std::sqrt(512.0 * 512 * 9));
  EXPECT_GT(largest_of(w), 4 * expected);
}

TEST(RandomStart, ShuffleNetConvolutionsAndAllLinearLayersAreUniformWithinOneOverRootFanIn) {
  const auto p = started("shufflenet_v2_x0_5", 1);
  const std::vector<std::pair<std::string, double>> fan_ins = {
      {"conv5.0.weight", 192}, {"stage2.0.branch1.0.weight", 9}, {"fc.weight", 1024}, {"fc.bias", 1024}};
  for (const auto& [name, fan_in] : fan_ins) {
    const double bound = 1 / std::sqrt(fan_in);
    EXPECT_LE(largest_of(p[name]), bound * (1 + 1e-7)) << name;
    EXPECT_GT(largest_of(p[name]), 0.95 * bound) << name;
    EXPECT_NEAR(sd_of(p[name]), bound / std::sqrt(3.0), 0.1 * bound) << name;
  }
}

TEST(RandomStart, BatchNormStartsAtOneAndZero) {
  const auto p = started("resnet18", 1);
  EXPECT_TRUE(p["bn1.weight"].equal(torch::ones(64)));
  EXPECT_TRUE(p["bn1.bias"].equal(torch::zeros(64)));
}

TEST(RandomStart, CORnetZIsGlorotUniformWithoutBiases) {
  const auto p = started("cornet_z", 1);
  const double bound = std::sqrt(6.0 / (256 * 9 + 512 * 9));
  EXPECT_LE(largest_of(p["IT.conv.weight"]), bound * (1 + 1e-6));
  EXPECT_GT(largest_of(p["IT.conv.weight"]), 0.999 * bound);
  EXPECT_NEAR(sd_of(p["IT.conv.weight"]), bound / std::sqrt(3.0), 0.01 * bound);
  EXPECT_EQ(largest_of(p["IT.conv.bias"]), 0);
  EXPECT_EQ(largest_of(p["decoder.linear.bias"]), 0);
}

TEST(RandomStart, EfficientNetsConvolutionsWithABiasStartItAtZero) {
  EXPECT_EQ(largest_of(started("efficientnet_b0", 1)["features.1.0.block.1.fc1.bias"]), 0);
}

TEST(RandomStart, ARecurrentLayerIsUniformWithinOneOverRootHidden) {
  const auto p = started("elman_rnn_h100", 1);
  for (const char* name : {"rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0"}) {
    EXPECT_LE(largest_of(p[name]), 0.1 * (1 + 1e-6)) << name;
    EXPECT_GT(largest_of(p[name]), 0.09) << name;
  }
}

TEST(RandomStart, EveryParameterOfEveryNetworkDependsOnTheSeedOrIsZeroOrOne) {
  for (const char* name : {"cornet_rt", "efficientnet_lite0", "elman_rnn_h100"}) {
    const auto first = started(name, 1);
    const auto second = started(name, 1);
    const auto other = started(name, 2);
    for (const auto& parameter : first) {
      EXPECT_TRUE(parameter.value().equal(second[parameter.key()])) << name << " " << parameter.key();
      const bool constant =
          parameter.value().eq(0).all().item<bool>() || parameter.value().eq(1).all().item<bool>();
      EXPECT_NE(constant, !parameter.value().equal(other[parameter.key()])) << name << " " << parameter.key();
    }
  }
}

TEST(RandomStart, ElementsAreTheDrawsOfTheStreamInTheOrderOfTheModules) {
  const auto p = started("shufflenet_v2_x0_5", 42);
  const Stream stream(42, "init");
  const auto draw = [&](std::uint64_t i) { return 2 * stream.uniform(i) - 1; };
  const auto flat = p["conv1.0.weight"].flatten();
  for (const std::int64_t i : {0, 1, 647}) {
    EXPECT_FLOAT_EQ(flat[i].item<float>(),
                    static_cast<float>(draw(static_cast<std::uint64_t>(i)) / std::sqrt(27.0)));
  }
  EXPECT_FLOAT_EQ(p["stage2.0.branch1.0.weight"].flatten()[0].item<float>(),
                  static_cast<float>(draw(648) / 3.0));
}

TEST(RandomStart, DependsOnTheSeedAloneAndNotOnThreadsLayoutOrClasses) {
  const auto expected = started("shufflenet_v2_x0_5", 3);
  const auto network = make_network("shufflenet_v2_x0_5", 10);
  use_channels_last(*network);
  const int threads = torch::get_num_threads();
  torch::set_num_threads(1);
  load_weights(*network, ModelOptions{.name = "shufflenet_v2_x0_5", .weights = "none", .classes = 10}, 3);
  torch::set_num_threads(threads);
  const auto drawn = network->named_parameters();
  for (const auto& parameter : expected) {
    if (parameter.key().starts_with("fc.")) continue;
    EXPECT_TRUE(parameter.value().equal(drawn[parameter.key()])) << parameter.key();
  }
  EXPECT_FALSE(started("shufflenet_v2_x0_5", 4)["conv1.0.weight"].equal(expected["conv1.0.weight"]));
}

}  // namespace
}  // namespace mirrortune::test
