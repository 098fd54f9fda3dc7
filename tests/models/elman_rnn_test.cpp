#include "models/elman_rnn.h"

#include <gtest/gtest.h>

#include "models/layers.h"
#include "models/load.h"

namespace mirrortune::test {
namespace {

std::shared_ptr<Network> started() {
  auto network = make_network("elman_rnn_h100", 10);
  load_weights(*network, {.name = "elman_rnn_h100", .weights = "none", .classes = 10}, /*seed=*/1);
  return network;
}

TEST(ElmanRNN, ReadsOutTheLastStateOfTheTanhRecurrence) {
  const torch::NoGradGuard no_grad;
  const auto network = started();
  network->to(torch::kFloat64);
  const auto rows = torch::randn({3, 7, kElmanInput}, torch::kFloat64);
  const auto p = network->named_parameters();
  auto state = torch::zeros({3, 100}, torch::kFloat64);
  for (std::int64_t t = 0; t < 7; ++t) {
    state = torch::tanh(rows.select(1, t).matmul(p["rnn.weight_ih_l0"].t()) + p["rnn.bias_ih_l0"] +
                        state.matmul(p["rnn.weight_hh_l0"].t()) + p["rnn.bias_hh_l0"]);
  }
  const auto logits = state.matmul(p["fc.weight"].t()) + p["fc.bias"];
  EXPECT_TRUE(torch::allclose(network->forward(rows), logits, 1e-12, 1e-12));
}

TEST(ElmanRNN, ItsPlasticWeightsAreTheRecurrentMatrixSoThatNIsTheHiddenSize) {
  const auto weights = plastic_weights(*started());
  ASSERT_EQ(weights.size(), 1U);
  EXPECT_EQ(weights[0].name, "rnn.weight_hh_l0");
  EXPECT_EQ(images_sqrt(num_plastic_weights(*started())), 100);
}

}  // namespace
}  // namespace mirrortune::test
