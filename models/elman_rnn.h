#pragma once

#include <cstdint>

#include <torch/torch.h>

#include "models/network.h"

namespace mirrortune {

/// Length of one time step's input: a row of an MNIST digit.
inline constexpr std::int64_t kElmanInput = 28;

/// Recurrent network of Elman (Cognitive Science 14, 1990) with tanh, and a linear read-out of its last
/// state. Parameter names are those of a Python module with an `nn.RNN` called `rnn` and an `nn.Linear`
/// called `fc`: `rnn.weight_ih_l0`, `rnn.weight_hh_l0`, `fc.weight`.
class ElmanRNN : public Network {
 public:
  ElmanRNN(NetworkInfo info, std::int64_t hidden, std::int64_t classes);

  /// [N, T, kElmanInput] → logits [N, classes].
  torch::Tensor forward(torch::Tensor rows) override;

 private:
  torch::Tensor last_state(const torch::Tensor& rows);

  torch::nn::RNN rnn_;
  torch::nn::Linear fc_;
};

}  // namespace mirrortune
