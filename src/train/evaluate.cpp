#include "train/evaluate.h"

#include <torch/torch.h>

#include "train/detail/eval_batches.h"

namespace mirrortune {

Evaluation evaluate(Network& network, const DeviceImages& images, std::int64_t batch_size) {
  const auto sums = torch::TensorOptions(images.device());
  auto loss = torch::zeros({}, sums.dtype(torch::kFloat64));
  auto right = torch::zeros({}, sums.dtype(torch::kInt64));
  for_each_eval_batch(
      network, images, batch_size, [&](const torch::Tensor& logits, const torch::Tensor& labels) {
        loss += torch::nn::functional::cross_entropy(
            logits, labels, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
        right += logits.argmax(1).eq(labels).sum();
      });
  const auto count = static_cast<double>(images.count());
  return {.loss = loss.item<double>() / count, .accuracy = right.item<double>() / count};
}

}  // namespace mirrortune
