#pragma once

#include <cstdint>

#include <torch/torch.h>

namespace mirrortune {

struct ConvShape {
  std::int64_t stride = 1;
  std::int64_t groups = 1;
};

/// A convolution without bias with an odd square kernel, padded to keep the resolution at stride 1.
inline torch::nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel, ConvShape shape = {}) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                               .stride(shape.stride)
                               .padding(kernel / 2)
                               .groups(shape.groups)
                               .bias(false));
}

/// In place: the batch-norm before it needs its input for the backward pass, not its output.
inline torch::nn::ReLU relu() { return torch::nn::ReLU(torch::nn::ReLUOptions(/*inplace=*/true)); }

}  // namespace mirrortune
