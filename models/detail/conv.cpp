#include "models/detail/conv.h"

#include <algorithm>
#include <array>

#include <ATen/autocast_mode.h>

namespace mirrortune {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

/// The gradient of fewer weights is faster in LibTorch (measured with 64 images of 16 to 224 pixels).
constexpr std::int64_t kManyWeights = 1 << 16;

/// How many bytes of patches are copied before they are multiplied: what stays in a core's cache.
constexpr std::int64_t kPatchBytes = 4 << 20;

struct SquareKernel {
  std::int64_t side;
  std::int64_t stride;

  std::int64_t padding() const { return side / 2; }
};

std::array<std::int64_t, 2> both(std::int64_t value) { return {value, value}; }

/// The patches of x under the kernel, one for each pixel of the output: [N·H·W, side·side·C]. They are no
/// copy where they lie in memory that way.
torch::Tensor patches(const torch::Tensor& x, std::int64_t height, std::int64_t width,
                      const SquareKernel& kernel) {
  const std::int64_t margin = kernel.padding();
  const auto padded =
      margin == 0 ? x : torch::constant_pad_nd(x, {margin, margin, margin, margin}).contiguous(kChannelsLast);
  const std::int64_t channels = x.size(1);
  const std::int64_t row = padded.size(3) * channels;
  const std::int64_t image = padded.size(2) * row;
  return padded
      .as_strided({x.size(0), height, width, kernel.side, kernel.side * channels},
                  {image, kernel.stride * row, kernel.stride * channels, row, 1})
      .reshape({-1, kernel.side * kernel.side * channels});
}

/// Σ over images and pixels of gradient ⊗ patch: [C', C, side, side] in channels_last.
torch::Tensor weight_gradient(const torch::Tensor& x, const torch::Tensor& gradient,
                              const SquareKernel& kernel) {
  const std::int64_t images = x.size(0);
  const std::int64_t channels = gradient.size(1);
  const std::int64_t height = gradient.size(2);
  const std::int64_t width = gradient.size(3);
  const std::int64_t patch = kernel.side * kernel.side * x.size(1);
  const std::int64_t image_bytes = height * width * patch * x.element_size();
  const std::int64_t piece = std::max<std::int64_t>(1, kPatchBytes / image_bytes);
  const auto pixels = gradient.permute({0, 2, 3, 1}).view({images, height * width, channels});
  auto sum = torch::zeros({channels, patch}, x.options());
  for (std::int64_t first = 0; first < images; first += piece) {
    const std::int64_t count = std::min(piece, images - first);
    sum.addmm_(pixels.narrow(0, first, count).flatten(0, 1).t(),
               patches(x.narrow(0, first, count), height, width, kernel));
  }
  return sum.view({channels, kernel.side, kernel.side, x.size(1)}).permute({0, 3, 1, 2});
}

/// LibTorch's convolution with the weight gradient above.
struct ProductConv : torch::autograd::Function<ProductConv> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               std::int64_t stride) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    const SquareKernel kernel{weight.size(2), stride};
    return torch::conv2d(x, weight, /*bias=*/{}, both(stride), torch::IntArrayRef(both(kernel.padding())));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor& weight = saved[1];
    const SquareKernel kernel{weight.size(2), context->saved_data["stride"].toInt()};
    const auto gradient = gradients[0].contiguous(kChannelsLast);
    torch::Tensor x_gradient;
    if (context->needs_input_grad(0)) {
      x_gradient = std::get<0>(torch::convolution_backward(
          gradient, x, weight, /*bias_sizes=*/{}, both(kernel.stride), both(kernel.padding()),
          /*dilation=*/both(1), /*transposed=*/false, /*output_padding=*/both(0), /*groups=*/1,
          {true, false, false}));
    }
    return {x_gradient, weight_gradient(x, gradient, kernel), {}};
  }
};

}  // namespace

ConvImpl::ConvImpl(std::int64_t in, std::int64_t out, std::int64_t kernel, const ConvShape& shape)
    : Conv2dImpl(torch::nn::Conv2dOptions(in, out, kernel)
                     .stride(shape.stride)
                     .padding(kernel / 2)
                     .groups(shape.groups)
                     .bias(shape.bias)) {}

torch::Tensor ConvImpl::forward(const torch::Tensor& x) {
  if (!multiplies_out(x)) return Conv2dImpl::forward(x);
  return ProductConv::apply(x, weight, options.stride()->front());
}

bool ConvImpl::multiplies_out(const torch::Tensor& x) const {
  return weight.numel() >= kManyWeights && !bias.defined() && options.groups() == 1 &&
         torch::GradMode::is_enabled() && weight.requires_grad() && x.device().is_cpu() &&
         x.scalar_type() == torch::kFloat && x.is_contiguous(kChannelsLast) &&
         !at::autocast::is_autocast_enabled(torch::kCPU);
}

}  // namespace mirrortune
