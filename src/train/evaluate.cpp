#include "train/evaluate.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <torch/torch.h>

#include "train/detail/eval_mode.h"
#include "train/detail/stop.h"

namespace mirrortune {
Evaluation evaluate(Network& network, const DeviceImages& images, std::int64_t batch_size) {
  const EvalMode eval(network);
  const torch::InferenceMode no_gradients;
  const auto sums = torch::TensorOptions(images.device());
  auto loss = torch::zeros({}, sums.dtype(torch::kFloat64));
  auto right = torch::zeros({}, sums.dtype(torch::kInt64));
  std::vector<std::int64_t> positions(static_cast<std::size_t>(images.count()));
  std::iota(positions.begin(), positions.end(), 0);
  for (std::int64_t begin = 0; begin < images.count(); begin += batch_size) {
    stop_if_requested();
    const auto size = std::min(batch_size, images.count() - begin);
    const auto batch = images.batch(
        std::span(positions).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)));
    const auto logits = network.forward(batch.images);
    loss += torch::nn::functional::cross_entropy(
        logits, batch.labels, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
    right += logits.argmax(1).eq(batch.labels).sum();
  }
  const auto count = static_cast<double>(images.count());
  return {.loss = loss.item<double>() / count, .accuracy = right.item<double>() / count};
}

}  // namespace mirrortune
