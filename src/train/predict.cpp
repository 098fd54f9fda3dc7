#include "train/predict.h"

#include <torch/torch.h>

#include "train/detail/eval_batches.h"

namespace mirrortune {
namespace {

void append(const torch::Tensor& logits, const torch::Tensor& labels, std::vector<Prediction>& predictions) {
  const auto of_label = logits.gather(1, labels.unsqueeze(1));
  const auto predicted = logits.argmax(1).cpu();
  const auto rank = logits.le(of_label).logical_not().sum(1).cpu();
  const auto loss =
      torch::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::None).to(torch::kFloat64).cpu();
  const auto norm = logits.to(torch::kFloat64).norm(2, 1).cpu();
  for (std::int64_t i = 0; i < labels.size(0); ++i) {
    predictions.push_back({.predicted = predicted[i].item<std::int64_t>(),
                           .rank = rank[i].item<std::int64_t>(),
                           .loss = loss[i].item<double>(),
                           .logit_norm = norm[i].item<double>()});
  }
}

}  // namespace

std::vector<Prediction> predict(Network& network, const DeviceImages& images, std::int64_t batch_size) {
  std::vector<Prediction> predictions;
  for_each_eval_logits(
      network, images, batch_size,
      [&](const torch::Tensor& logits, const torch::Tensor& labels) { append(logits, labels, predictions); });
  return predictions;
}

PredictionSummary summarize(const std::vector<Prediction>& predictions) {
  constexpr std::int64_t kTop = 5;
  double right = 0;
  double near = 0;
  double loss = 0;
  for (const Prediction& prediction : predictions) {
    right += prediction.rank == 0 ? 1 : 0;
    near += prediction.rank < kTop ? 1 : 0;
    loss += prediction.loss;
  }
  const auto count = static_cast<double>(predictions.size());
  return {.images = static_cast<std::int64_t>(predictions.size()),
          .top1 = right / count,
          .top5 = near / count,
          .loss = loss / count};
}

}  // namespace mirrortune
