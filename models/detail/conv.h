#pragma once

#include <cstdint>
#include <utility>

#include <torch/torch.h>

namespace mirrortune {

struct ConvShape {
  std::int64_t stride = 1;
  std::int64_t groups = 1;
  bool bias = false;
};

/// torch::nn::Conv2d with an odd square kernel, padded to keep the resolution at stride 1.
///
/// Its weights' gradient is a product of two matrices where that beats LibTorch's: of 65,536 weights or more,
/// without bias and groups, from float32 channels_last images on a CPU, outside autocast. The product sums in
/// another order, so that the two differ by rounding.
class ConvImpl : public torch::nn::Conv2dImpl {
 public:
  ConvImpl(std::int64_t in, std::int64_t out, std::int64_t kernel, const ConvShape& shape);

  /// [N, in, H, W] → [N, out, ⌈H / stride⌉, ⌈W / stride⌉].
  torch::Tensor forward(const torch::Tensor& x);

 private:
  bool multiplies_out(const torch::Tensor& x) const;
};
TORCH_MODULE(Conv);

inline Conv conv(std::int64_t in, std::int64_t out, std::int64_t kernel, const ConvShape& shape = {}) {
  return Conv(in, out, kernel, shape);
}

/// In place: the batch-norm before it needs its input for the backward pass, not its output.
inline torch::nn::ReLU relu() { return torch::nn::ReLU(torch::nn::ReLUOptions(/*inplace=*/true)); }

/// A batch-norm's constants; LibTorch's by default.
struct NormConstants {
  double eps = 1e-5;
  double momentum = 0.1;
};

inline torch::nn::BatchNorm2d batch_norm(std::int64_t channels, NormConstants constants = {}) {
  return torch::nn::BatchNorm2d(
      torch::nn::BatchNorm2dOptions(channels).eps(constants.eps).momentum(constants.momentum));
}

/// Mean over height and width: [N, C, H, W] → [N, C].
inline torch::Tensor spatial_mean(const torch::Tensor& x) { return x.mean({2, 3}); }

}  // namespace mirrortune
