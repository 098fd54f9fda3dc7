#include "train/evaluate.h"

#include <limits>
#include <span>

#include <torch/torch.h>

#include "train/detail/eval_batches.h"
#include "train/detail/objective.h"

namespace mirrortune {
namespace {

Evaluation evaluate_encoder(Network& network, const DeviceImages& images, std::int64_t batch_size) {
  auto loss = torch::zeros({}, torch::TensorOptions(images.device()).dtype(torch::kFloat64));
  for_each_eval_batch(network, images, batch_size, [&](std::span<const std::int64_t> positions) {
    const auto batch = images.views_batch(positions, {.purpose = "views.evaluation"});
    const auto mean = objective_of(network, batch, {.precision = Precision::fp32}).loss;
    loss += mean.to(torch::kFloat64) * batch.labels.size(0);
  });
  return {.loss = loss.item<double>() / static_cast<double>(images.count()),
          .accuracy = std::numeric_limits<double>::quiet_NaN()};
}

}  // namespace

Evaluation evaluate(Network& network, const DeviceImages& images, std::int64_t batch_size) {
  if (network.info().kind == NetworkKind::image_encoder) {
    return evaluate_encoder(network, images, batch_size);
  }
  const auto sums = torch::TensorOptions(images.device());
  auto loss = torch::zeros({}, sums.dtype(torch::kFloat64));
  auto right = torch::zeros({}, sums.dtype(torch::kInt64));
  for_each_eval_logits(
      network, images, batch_size, [&](const torch::Tensor& logits, const torch::Tensor& labels) {
        loss += torch::nn::functional::cross_entropy(
            logits, labels, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
        right += logits.argmax(1).eq(labels).sum();
      });
  const auto count = static_cast<double>(images.count());
  return {.loss = loss.item<double>() / count, .accuracy = right.item<double>() / count};
}

}  // namespace mirrortune
