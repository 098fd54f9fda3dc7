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

/// A convolution with an odd square kernel, padded to keep the resolution at stride 1.
inline torch::nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel, ConvShape shape = {}) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                               .stride(shape.stride)
                               .padding(kernel / 2)
                               .groups(shape.groups)
                               .bias(shape.bias));
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
