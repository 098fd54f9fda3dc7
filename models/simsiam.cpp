#include "models/simsiam.h"

#include <utility>

#include "models/detail/conv.h"

namespace mirrortune {
namespace {

constexpr std::int64_t kPredictorHidden = 512;
constexpr const char* kEncoder = "encoder";
constexpr const char* kProjector = "fc";
constexpr const char* kPredictor = "predictor";

torch::nn::Linear linear_without_bias(std::int64_t in, std::int64_t out) {
  return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(false));
}

torch::nn::BatchNorm1d norm_without_scale(std::int64_t features) {
  return torch::nn::BatchNorm1d(torch::nn::BatchNorm1dOptions(features).affine(false));
}

}  // namespace

class SimSiam::Encoder : public torch::nn::Module {
 public:
  explicit Encoder(const ResNetShape& shape) : trunk_(*this, shape) {
    const std::int64_t wide = trunk_.features();
    // The last linear layer has a bias, as in the published checkpoints, though the batch-norm takes it away.
    projector_ = register_module(
        kProjector, torch::nn::Sequential(
                        linear_without_bias(wide, wide), torch::nn::BatchNorm1d(wide), relu(),
                        linear_without_bias(wide, wide), torch::nn::BatchNorm1d(wide), relu(),
                        torch::nn::Linear(wide, kSimSiamFeatures), norm_without_scale(kSimSiamFeatures)));
  }

  torch::Tensor forward(const torch::Tensor& images) { return projector_->forward(trunk_.forward(images)); }

 private:
  ResNetTrunk trunk_;
  torch::nn::Sequential projector_ = nullptr;
};

SimSiam::SimSiam(NetworkInfo info, const ResNetShape& encoder)
    : Network(std::move(info)),
      encoder_(register_module(kEncoder, std::make_shared<Encoder>(encoder))),
      predictor_(register_module(
          kPredictor, torch::nn::Sequential(linear_without_bias(kSimSiamFeatures, kPredictorHidden),
                                            torch::nn::BatchNorm1d(kPredictorHidden), relu(),
                                            torch::nn::Linear(kPredictorHidden, kSimSiamFeatures)))) {}

std::string SimSiam::heads() { return std::string(kEncoder) + "." + kProjector + "," + kPredictor; }

torch::Tensor SimSiam::encode(const torch::Tensor& images) { return encoder_->forward(images); }

torch::Tensor SimSiam::predict(const torch::Tensor& z) { return predictor_->forward(z); }

torch::Tensor SimSiam::forward(torch::Tensor images) { return predict(encode(images)); }

}  // namespace mirrortune
