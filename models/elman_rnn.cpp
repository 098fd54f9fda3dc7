#include "models/elman_rnn.h"

#include <utility>

namespace mirrortune {

ElmanRNN::ElmanRNN(NetworkInfo info, std::int64_t hidden, std::int64_t classes)
    : Network(std::move(info)),
      rnn_(register_module("rnn",
                           torch::nn::RNN(torch::nn::RNNOptions(kElmanInput, hidden).batch_first(true)))),
      fc_(register_module("fc", torch::nn::Linear(hidden, classes))) {}

torch::Tensor ElmanRNN::forward(torch::Tensor rows) {
  const auto states = std::get<0>(rnn_->forward(rows));
  return fc_->forward(states.select(/*dim=*/1, /*index=*/-1));
}

}  // namespace mirrortune
