#include "models/elman_rnn.h"

#include <ATen/autocast_mode.h>
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

TEST(ElmanRNN, GradientsAreThoseOfLibTorchsRecurrentLayer) {
  for (const std::int64_t steps : {1, 2, 28}) {
    const auto network = started();
    network->to(torch::kFloat64);
    const auto rows =
        torch::randn({5, steps, kElmanInput}, torch::TensorOptions(torch::kFloat64).requires_grad(true));
    const auto labels = torch::tensor({0, 3, 9, 1, 1});
    const auto gradients = [&](const torch::Tensor& logits) {
      auto inputs = network->parameters();
      inputs.push_back(rows);
      return torch::autograd::grad({torch::nn::functional::cross_entropy(logits, labels)}, inputs);
    };
    const auto modules = network->named_modules();
    auto* rnn = modules["rnn"]->as<torch::nn::RNN>();
    auto* head = modules["fc"]->as<torch::nn::Linear>();
    const auto expected = gradients(head->forward(std::get<0>(rnn->forward(rows)).select(1, -1)));
    const auto actual = gradients(network->forward(rows));
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
      EXPECT_TRUE(torch::allclose(actual[i], expected[i], 1e-10, 1e-12)) << steps << " steps, " << i;
    }
  }
}

TEST(ElmanRNN, IsCastAutomaticallyAsLibTorchsLayerIs) {
  const torch::NoGradGuard no_grad;
  const auto network = started();
  const auto rows = torch::randn({3, 28, kElmanInput});
  const auto exact = network->forward(rows);
  at::autocast::set_autocast_enabled(torch::kCPU, true);
  at::autocast::set_autocast_dtype(torch::kCPU, torch::kBFloat16);
  const auto cast = network->forward(rows);
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(torch::kCPU, false);
  EXPECT_EQ(cast.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(torch::allclose(cast.to(torch::kFloat32), exact, 0, 0.05));
}

TEST(ElmanRNN, ItsPlasticWeightsAreTheRecurrentMatrixSoThatNIsTheHiddenSize) {
  const auto weights = plastic_weights(*started());
  ASSERT_EQ(weights.size(), 1U);
  EXPECT_EQ(weights[0].name, "rnn.weight_hh_l0");
  EXPECT_EQ(images_sqrt(num_plastic_weights(*started())), 100);
}

}  // namespace
}  // namespace mirrortune::test
