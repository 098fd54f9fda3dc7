#include "train/evaluate.h"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "train/made_problem.h"

namespace mirrortune {
namespace {

TEST(Evaluate, IsTheMeanCrossEntropyAndTheShareOfRightImagesWhateverTheBatchSize) {
  const auto images = test::made_images(11);
  const auto network = StartingPoint(test::made_model()).make(1, torch::kCPU);
  Training(*network, images, test::made_training()).run(*std::make_unique<TrainingObserver>());

  network->eval();
  std::vector<std::int64_t> all(11);
  std::iota(all.begin(), all.end(), 0);
  const auto batch = images.batch(all);
  const auto log_probabilities = torch::log_softmax(network->forward(batch.images).to(torch::kFloat64), 1);
  double loss = 0;
  double right = 0;
  for (std::int64_t i = 0; i < 11; ++i) {
    const auto label = batch.labels[i].item<std::int64_t>();
    loss -= log_probabilities[i][label].item<double>() / 11;
    right += log_probabilities[i].argmax().item<std::int64_t>() == label ? 1 : 0;
  }
  for (const std::int64_t batch_size : {1, 4, 11, 100}) {
    const auto evaluation = evaluate(*network, images, batch_size);
    EXPECT_NEAR(evaluation.loss, loss, 1e-4 * (1 + loss));
    EXPECT_DOUBLE_EQ(evaluation.accuracy, right / 11);
  }
}

TEST(Evaluate, LeavesTheNetworkAsItWas) {
  const auto images = test::made_images(6);
  const StartingPoint start(test::made_model());
  const auto network = start.make(1, torch::kCPU);
  evaluate(*network, images, 4);
  EXPECT_TRUE(network->is_training());
  EXPECT_TRUE(test::same_bits(*network, *start.make(1, torch::kCPU)));
}

}  // namespace
}  // namespace mirrortune
