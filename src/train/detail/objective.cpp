#include "train/detail/objective.h"

#include "models/simsiam.h"
#include "train/detail/autocast.h"

namespace mirrortune {
namespace {

Objective classification(Network& network, const Batch& batch, const TrainOptions& options) {
  torch::Tensor logits;
  {
    const Autocast autocast(batch.labels.device(), options.precision);
    logits = network.forward(batch.images).to(torch::kFloat32);
  }
  auto loss = torch::cross_entropy_loss(logits, batch.labels);
  if (options.logit_l2 > 0) loss = loss + options.logit_l2 * logits.square().mean();
  return {.loss = loss, .right = logits.detach().argmax(1).eq(batch.labels).sum()};
}

/// The views of a batch pass one after the other, as published: batch-norm sees one at a time.
Objective agreement_of_views(SimSiam& network, const Batch& batch, Precision precision) {
  torch::Tensor p[2];
  torch::Tensor z[2];
  const auto views = batch.images.chunk(2);
  {
    const Autocast autocast(batch.labels.device(), precision);
    for (std::size_t view = 0; view < 2; ++view) {
      z[view] = network.encode(views[view]);
      p[view] = network.predict(z[view]);
    }
  }
  const auto wide = [](const torch::Tensor& values) { return values.to(torch::kFloat32); };
  return {.loss = simsiam_loss(wide(p[0]), wide(z[0]), wide(p[1]), wide(z[1])), .right = {}};
}

}  // namespace

Objective objective_of(Network& network, const Batch& batch, const TrainOptions& options) {
  if (auto* encoder = dynamic_cast<SimSiam*>(&network))
    return agreement_of_views(*encoder, batch, options.precision);
  return classification(network, batch, options);
}

torch::Tensor simsiam_loss(const torch::Tensor& p1, const torch::Tensor& z1, const torch::Tensor& p2,
                           const torch::Tensor& z2) {
  const auto half = [](const torch::Tensor& p, const torch::Tensor& z) {
    return 1 - torch::cosine_similarity(p, z.detach(), /*dim=*/1).mean();
  };
  return half(p1, z2) + half(p2, z1);
}

}  // namespace mirrortune
