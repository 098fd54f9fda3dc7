#include "models/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "config/weights_catalog.h"
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

TEST(Registry, NamesAreOrderedByWhatTheNetworksTake) {
  const auto kind_at = [](std::size_t i) {
    if (i < kNumImageClassifiers) return NetworkKind::image_classifier;
    return i < kNumImageClassifiers + kNumEncoders ? NetworkKind::image_encoder : NetworkKind::row_classifier;
  };
  for (std::size_t i = 0; i < kNetworkNames.size(); ++i) {
    EXPECT_EQ(network_info(kNetworkNames[i]).kind, kind_at(i)) << kNetworkNames[i];
  }
}

TEST(Registry, AnEncoderIsRefusedWhereClassesAreNeeded) {
  require_classifier("resnet18");
  require_classifier("elman_rnn_h100");
  EXPECT_THROW(require_classifier("simsiam_resnet50"), ConfigError);
}

TEST(Registry, ANetworkThatReadsRowsTakesOneResolution) {
  require_resolution("resnet18", 100);
  require_resolution("elman_rnn_h100", 28);
  EXPECT_THROW(require_resolution("elman_rnn_h100", 224), ConfigError);
}

TEST(Registry, ASnapshotsHeadIsWhatFinetuningThrowsAway) {
  EXPECT_EQ(snapshot_head(network_info("efficientnet_b0")), "classifier.1");
  EXPECT_EQ(snapshot_head(network_info("simsiam_resnet50")), "encoder.fc,predictor");
  EXPECT_EQ(snapshot_head(network_info("elman_rnn_h100")), "");
}

class EveryNetwork : public testing::TestWithParam<std::string_view> {};

TEST_P(EveryNetwork, HasALinearHeadWithAsManyOutputsAsClassesIfItClassifies) {
  const auto network = make_network(GetParam(), 17);
  if (network->info().kind == NetworkKind::image_encoder) {
    EXPECT_EQ(network->info().head, "");
    return;
  }
  const auto* head = network->named_modules()[network->info().head]->as<torch::nn::Linear>();
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(head->weight.size(0), 17);
  EXPECT_EQ(describe_layers(*network).back().name, network->info().head);
  if (network->info().kind != NetworkKind::image_classifier) return;
  const auto layers = plastic_weights(*network);
  EXPECT_EQ(layers.back().name, network->info().head + ".weight");
  EXPECT_EQ(layers.back().weight.size(0), 17);
}

TEST_P(EveryNetwork, TakesInputsOfAnyUsualSize) {
  const torch::NoGradGuard no_grad;
  const auto network = make_network(GetParam(), 3);
  network->eval();
  const auto kind = network->info().kind;
  for (const std::int64_t side : {32, 33, 100}) {
    const auto input =
        kind == NetworkKind::row_classifier ? torch::zeros({2, side, 28}) : torch::zeros({2, 3, side, side});
    const std::int64_t outputs = kind == NetworkKind::image_encoder ? 2048 : 3;
    EXPECT_EQ(network->forward(input).sizes().vec(), (std::vector<std::int64_t>{2, outputs})) << side;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryNetwork, testing::ValuesIn(kNetworkNames),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(Registry, AgreesWithWhatIsKnownOfThePublishedWeights) {
  for (const WeightsEntry& entry : all_weights()) {
    const NetworkInfo& info = network_info(entry.network);
    EXPECT_EQ(info.head, entry.head) << entry.network;
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(info.mean[c], entry.input.mean[c], 1e-6) << entry.network;
      EXPECT_NEAR(info.sd[c], entry.input.sd[c], 1e-6) << entry.network;
    }
  }
}

TEST(Layers, WeightsAreTheNetworksOwnAndStaySoInChannelsLast) {
  const torch::NoGradGuard no_grad;
  const auto network = make_network("shufflenet_v2_x0_5", 10);
  const auto first = plastic_weights(*network).front();
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
