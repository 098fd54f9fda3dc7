#include "models/detail/elman_scan.h"

namespace mirrortune {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// [T, N, K] as the rows of one matrix [TN, K].
torch::Tensor rows_of(const torch::Tensor& steps) { return steps.view({-1, steps.size(2)}); }

class ElmanScan : public torch::autograd::Function<ElmanScan> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& sequences,
                               const torch::Tensor& input, const torch::Tensor& recurrent,
                               const torch::Tensor& input_bias, const torch::Tensor& recurrent_bias) {
    const auto inputs = sequences.transpose(0, 1).contiguous();
    const auto states = torch::addmm(input_bias + recurrent_bias, rows_of(inputs), input.t())
                            .view({inputs.size(0), inputs.size(1), -1});
    for (std::int64_t t = 0; t < states.size(0); ++t) {
      auto state = states[t];
      if (t > 0) state.addmm_(states[t - 1], recurrent.t());
      state.tanh_();
    }
    context->save_for_backward({inputs, states, input, recurrent});
    return states[-1].clone();
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& inputs = saved[0];
    const auto& states = saved[1];
    const auto& input = saved[2];
    const auto& recurrent = saved[3];
    const std::int64_t last = states.size(0) - 1;

    auto by_sums = torch::empty_like(states);  // of the loss by the arguments of tanh
    auto by_state = gradients[0].contiguous();
    for (std::int64_t t = last; t >= 0; --t) {
      auto step = by_sums[t];
      at::tanh_backward_out(step, by_state, states[t]);
      if (t > 0) by_state = torch::mm(step, recurrent);
    }
    const auto all = rows_of(by_sums);
    const auto bias = all.sum(0);
    return {context->needs_input_grad(0) ? torch::mm(all, input).view_as(inputs).transpose(0, 1)
                                         : torch::Tensor(),
            torch::mm(all.t(), rows_of(inputs)),
            torch::mm(rows_of(by_sums.narrow(0, 1, last)).t(), rows_of(states.narrow(0, 0, last))), bias,
            bias};
  }
};

}  // namespace

torch::Tensor elman_last_state(const torch::Tensor& sequences, const ElmanWeights& weights) {
  return ElmanScan::apply(sequences, weights.input, weights.recurrent, weights.input_bias,
                          weights.recurrent_bias);
}

}  // namespace mirrortune
