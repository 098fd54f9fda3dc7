#include "models/efficientnet_lite.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "models/detail/conv.h"
#include "models/detail/drop.h"
#include "models/detail/efficientnet_stages.h"

namespace mirrortune {
namespace {

constexpr double kStochasticDepth = 0.2;  ///< of a block after the last
constexpr double kDropout = 0.2;
constexpr std::int64_t kFeatures = 1280;
constexpr NormConstants kNorm = {.eps = 1e-3, .momentum = 0.01};

/// TensorFlow's "same" padding, which the published weights were trained with: the output has ⌈side / stride⌉
/// pixels a side, and where the padding is odd, its larger half lies at the bottom and the right.
torch::Tensor same_conv(Conv& layer, torch::Tensor x) {
  const std::int64_t stride = layer->options.stride()->at(0);
  const std::int64_t kernel = layer->weight.size(2);
  const auto padding = [&](std::int64_t side) {
    return std::max<std::int64_t>(0, (side - 1) / stride * stride + kernel - side);
  };
  const std::int64_t rows = padding(x.size(2));
  const std::int64_t columns = padding(x.size(3));
  const bool even = rows % 2 == 0 && columns % 2 == 0;
  if (!even) x = torch::constant_pad_nd(x, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2});
  const std::array<std::int64_t, 2> inside =
      even ? std::array{rows / 2, columns / 2} : std::array<std::int64_t, 2>{0, 0};
  return torch::conv2d(x, layer->weight, /*bias=*/{}, {stride, stride}, torch::IntArrayRef(inside),
                       /*dilation=*/{1, 1}, layer->options.groups());
}

}  // namespace

/// Inverted residual: widened by a 1×1 convolution, a depthwise one, narrowed by a 1×1 one.
class EfficientNetLite::Block : public torch::nn::Module {
 public:
  Block(const Network& network, const InvertedResidualShape& shape, const BlockPlace& place)
      : residual_(shape.keeps_shape()) {
    const std::int64_t wide = shape.in * shape.expand;
    if (shape.expand > 1) {
      expand_ = register_module("_expand_conv", conv(shape.in, wide, 1));
      expand_norm_ = register_module("_bn0", batch_norm(wide, kNorm));
    }
    depthwise_ = register_module("_depthwise_conv",
                                 conv(wide, wide, shape.kernel, {.stride = shape.stride, .groups = wide}));
    depthwise_norm_ = register_module("_bn1", batch_norm(wide, kNorm));
    project_ = register_module("_project_conv", conv(wide, shape.out, 1));
    project_norm_ = register_module("_bn2", batch_norm(shape.out, kNorm));
    drop_ = register_module(
        "_drop_connect",
        std::make_shared<DropLayer>(network, DropUnit::image, kStochasticDepth * place.share(), place.index));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    auto y = x;
    if (!expand_.is_empty()) y = torch::relu6(expand_norm_->forward(same_conv(expand_, y)));
    y = torch::relu6(depthwise_norm_->forward(same_conv(depthwise_, y)));
    y = project_norm_->forward(same_conv(project_, y));
    return residual_ ? drop_->forward(y) + x : y;
  }

 private:
  bool residual_;
  Conv expand_ = nullptr;
  torch::nn::BatchNorm2d expand_norm_ = nullptr;
  Conv depthwise_ = nullptr;
  torch::nn::BatchNorm2d depthwise_norm_ = nullptr;
  Conv project_ = nullptr;
  torch::nn::BatchNorm2d project_norm_ = nullptr;
  std::shared_ptr<DropLayer> drop_;
};

EfficientNetLite::EfficientNetLite(NetworkInfo info, std::int64_t classes)
    : Network(std::move(info)),
      stem_(register_module("_conv_stem", conv(3, kEfficientNetStem, 3, {.stride = 2}))),
      stem_norm_(register_module("_bn0", batch_norm(kEfficientNetStem, kNorm))),
      last_(conv(kEfficientNetStages.back().block.out, kFeatures, 1)),
      last_norm_(batch_norm(kFeatures, kNorm)),
      fc_(kFeatures, classes) {
  const auto blocks = register_module("_blocks", std::make_shared<torch::nn::Module>());
  BlockPlace place{.index = 0, .count = 0};
  for (const auto& stage : kEfficientNetStages) place.count += static_cast<std::uint64_t>(stage.blocks);
  std::int64_t in = kEfficientNetStem;
  for (const auto& stage : kEfficientNetStages) {
    auto shape = stage.block;
    for (int b = 0; b < stage.blocks; ++b, ++place.index) {
      shape.in = std::exchange(in, shape.out);
      blocks_.push_back(
          blocks->register_module(std::to_string(place.index), std::make_shared<Block>(*this, shape, place)));
      shape.stride = 1;
    }
  }
  register_module("_conv_head", last_);
  register_module("_bn1", last_norm_);
  drop_ = register_module("_dropout", std::make_shared<DropLayer>(*this, DropUnit::element, kDropout));
  register_module("_fc", fc_);
}

torch::Tensor EfficientNetLite::forward(torch::Tensor images) {
  auto x = torch::relu6(stem_norm_->forward(same_conv(stem_, images)));
  for (const auto& block : blocks_) x = block->forward(x);
  x = torch::relu6(last_norm_->forward(same_conv(last_, x)));
  return fc_->forward(drop_->forward(spatial_mean(x)));
}

}  // namespace mirrortune
