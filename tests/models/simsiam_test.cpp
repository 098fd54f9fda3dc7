#include "models/simsiam.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/layers.h"
#include "models/load.h"
#include "models/made_input.h"

namespace mirrortune::test {
namespace {

constexpr ResNetShape kSmallEncoder = {ResNetBlock::basic, {1, 1, 1, 1}};

std::shared_ptr<SimSiam> small_network() {
  auto network = std::make_shared<SimSiam>(network_info("simsiam_resnet50"), kSmallEncoder);
  draw_weights(*network, /*seed=*/1);
  return network;
}

TEST(SimSiam, HasTheWeightsAndImagesOfThePublishedExperiment) {
  const auto network = make_network("simsiam_resnet50", 1);
  EXPECT_EQ(num_plastic_weights(*network), 38134976);
  EXPECT_EQ(images_sqrt(num_plastic_weights(*network)), 6175);
}

TEST(SimSiam, HeadsCarryTheNamesOfThePublishedCheckpoints) {
  std::vector<std::string> names;
  for (const StateEntry& entry : state_entries(*small_network())) {
    if (entry.name.starts_with("encoder.fc.") || entry.name.starts_with("predictor.")) {
      if (!entry.name.ends_with("num_batches_tracked")) names.push_back(entry.name);
    }
  }
  EXPECT_THAT(names, testing::ElementsAre(
                         "encoder.fc.0.weight", "encoder.fc.1.weight", "encoder.fc.1.bias",
                         "encoder.fc.1.running_mean", "encoder.fc.1.running_var", "encoder.fc.3.weight",
                         "encoder.fc.4.weight", "encoder.fc.4.bias", "encoder.fc.4.running_mean",
                         "encoder.fc.4.running_var", "encoder.fc.6.weight", "encoder.fc.6.bias",
                         "encoder.fc.7.running_mean", "encoder.fc.7.running_var", "predictor.0.weight",
                         "predictor.1.weight", "predictor.1.bias", "predictor.1.running_mean",
                         "predictor.1.running_var", "predictor.3.weight", "predictor.3.bias"));
}

TEST(SimSiam, ForwardPredictsFromAnEncodingThatIsNormalisedOverTheBatch) {
  const auto network = small_network();
  network->to(torch::kFloat64);
  const auto images = made_images(8, 32, /*seed=*/3).to(torch::kFloat64);
  const auto z = network->encode(images);
  EXPECT_EQ(z.sizes().vec(), (std::vector<std::int64_t>{8, kSimSiamFeatures}));
  EXPECT_LT(z.mean(0).abs().max().item<double>(), 1e-9);
  EXPECT_LT((z.square().mean(0) - 1).abs().max().item<double>(), 0.05);
  network->eval();
  EXPECT_TRUE(network->forward(images).equal(network->predict(network->encode(images))));
}

}  // namespace
}  // namespace mirrortune::test
