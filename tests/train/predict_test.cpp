#include "train/predict.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "train/evaluate.h"
#include "train/made_problem.h"

namespace mirrortune {
namespace {

/// Gives every image the same logits.
class FixedLogits : public Network {
 public:
  explicit FixedLogits(std::vector<float> logits)
      : Network(network_info("shufflenet_v2_x0_5")), logits_(torch::tensor(logits)) {}
  torch::Tensor forward(torch::Tensor images) override {
    return logits_.unsqueeze(0).expand({images.size(0), logits_.size(0)});
  }

 private:
  torch::Tensor logits_;
};

TEST(Predict, RanksTheLabelAmongTheLogits) {
  FixedLogits network({1, 4, -2, 3});
  const auto predictions = predict(network, test::made_images(4), /*batch_size=*/3);  // labels 0, 1, 2, 3
  ASSERT_EQ(predictions.size(), 4U);
  const std::vector<std::int64_t> ranks = {2, 0, 3, 1};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(predictions[i].predicted, 1);
    EXPECT_EQ(predictions[i].rank, ranks[i]);
    EXPECT_NEAR(predictions[i].logit_norm, std::sqrt(30.0), 1e-6);
  }
  const double log_sum = std::log(std::exp(1) + std::exp(4) + std::exp(-2) + std::exp(3));
  EXPECT_NEAR(predictions[2].loss, log_sum + 2, 1e-5);
}

TEST(Predict, ALogitThatIsNoNumberIsNeverRight) {
  FixedLogits network({std::numeric_limits<float>::quiet_NaN(), 1, 1, 1});
  const auto predictions = predict(network, test::made_images(1), 8);
  EXPECT_EQ(predictions[0].rank, 4);
}

TEST(Predict, AgreesWithEvaluateAndLeavesTheModeAsItWas) {
  const auto network = StartingPoint(test::made_model()).make(/*seed=*/1, torch::kCPU);
  const auto images = test::made_images(21);
  const auto summary = summarize(predict(*network, images, /*batch_size=*/8));
  const auto evaluation = evaluate(*network, images, /*batch_size=*/8);
  EXPECT_TRUE(network->is_training());
  EXPECT_EQ(summary.images, 21);
  EXPECT_DOUBLE_EQ(summary.top1, evaluation.accuracy);
  EXPECT_NEAR(summary.loss, evaluation.loss, 1e-5);
  EXPECT_EQ(summary.top5, 1);  // of four classes
}

TEST(Predict, SummaryCountsTopOneAndTopFive) {
  const auto summary = summarize({{.rank = 0, .loss = 1}, {.rank = 4, .loss = 2}, {.rank = 5, .loss = 3}});
  EXPECT_DOUBLE_EQ(summary.top1, 1.0 / 3);
  EXPECT_DOUBLE_EQ(summary.top5, 2.0 / 3);
  EXPECT_DOUBLE_EQ(summary.loss, 2);
  EXPECT_TRUE(std::isnan(summarize({}).top1));
}

}  // namespace
}  // namespace mirrortune
