#include "models/elman_rnn.h"

#include <utility>

#include <ATen/autocast_mode.h>

#include "models/detail/elman_scan.h"

namespace mirrortune {
namespace {

/// On a GPU cuDNN has all steps in one kernel of its own, and what is cast automatically is LibTorch's to
/// cast.
bool scans(const torch::Tensor& rows) {
  return rows.is_cpu() && !at::autocast::is_autocast_enabled(torch::kCPU);
}

}  // namespace

ElmanRNN::ElmanRNN(NetworkInfo info, std::int64_t hidden, std::int64_t classes)
    : Network(std::move(info)),
      rnn_(register_module("rnn",
                           torch::nn::RNN(torch::nn::RNNOptions(kElmanInput, hidden).batch_first(true)))),
      fc_(register_module("fc", torch::nn::Linear(hidden, classes))) {}

torch::Tensor ElmanRNN::forward(torch::Tensor rows) { return fc_->forward(last_state(rows)); }

torch::Tensor ElmanRNN::last_state(const torch::Tensor& rows) {
  if (!scans(rows)) return std::get<0>(rnn_->forward(rows)).select(/*dim=*/1, /*index=*/-1);
  const auto weights = rnn_->named_parameters();
  return elman_last_state(rows, {.input = weights["weight_ih_l0"],
                                 .recurrent = weights["weight_hh_l0"],
                                 .input_bias = weights["bias_ih_l0"],
                                 .recurrent_bias = weights["bias_hh_l0"]});
}

}  // namespace mirrortune
