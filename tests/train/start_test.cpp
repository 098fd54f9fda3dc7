#include "train/start.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "support/paths.h"
#include "train/made_problem.h"
#include "train/snapshot.h"

namespace mirrortune {
namespace {

TEST(StartingPoint, EveryNetworkHasTheFilesWeightsWhateverHappenedToTheOthers) {
  const test::TemporaryFolder folder;
  const auto file = folder / "start.safetensors";
  const auto made = StartingPoint(test::made_model()).make(/*seed=*/5, torch::kCPU);
  write_state(file, *made, {});
  auto model = test::made_model();
  model.weights = file.string();
  const StartingPoint start(model);
  EXPECT_EQ(start.weights_sha256(), sha256_of_file(file));
  const auto first = start.make(0, torch::kCPU);
  EXPECT_TRUE(test::same_bits(*first, *made));
  {
    const torch::NoGradGuard no_gradients;
    for (auto& parameter : first->parameters()) parameter.fill_(7);
    for (auto& buffer : first->buffers()) buffer.fill_(7);
  }
  EXPECT_TRUE(test::same_bits(*start.make(1, torch::kCPU), *made));
}

TEST(StartingPoint, ARandomStartIsThatOfTheSeed) {
  const StartingPoint start(test::made_model());
  EXPECT_EQ(start.weights_sha256(), "none");
  const auto network = start.make(3, torch::kCPU);
  EXPECT_TRUE(test::same_bits(*network, *start.make(3, torch::kCPU)));
  EXPECT_FALSE(test::same_bits(*network, *start.make(4, torch::kCPU)));
}

TEST(StartingPoint, NetworksAreInTrainModeWithTheirConvolutionsInChannelsLastOrder) {
  const auto network = StartingPoint(test::made_model()).make(0, torch::kCPU);
  EXPECT_TRUE(network->is_training());
  for (const auto& layer : plastic_weights(*network)) {
    if (layer.weight.dim() == 4) {
      EXPECT_TRUE(layer.weight.is_contiguous(torch::MemoryFormat::ChannelsLast)) << layer.name;
    }
  }
}

}  // namespace
}  // namespace mirrortune
