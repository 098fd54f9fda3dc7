#include "models/shufflenet_v2.h"

#include <string>
#include <utility>

#include "models/detail/conv.h"

namespace mirrortune {
namespace {

constexpr std::array<int, 3> kUnits = {4, 8, 4};

/// Channels a₀ b₀ a₁ b₁ …: two halves concatenated and shuffled in two groups, in one copy that keeps the
/// layout.
torch::Tensor interleave_channels(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.suggest_memory_format() == torch::MemoryFormat::ChannelsLast) {
    return torch::stack({a.permute({0, 2, 3, 1}), b.permute({0, 2, 3, 1})}, -1)
        .flatten(3)
        .permute({0, 3, 1, 2});
  }
  return torch::stack({a, b}, 2).flatten(1, 2);
}

/// One unit. Stride 1 passes half of the channels through and convolves the other half; stride 2 convolves
/// all of them in both branches and halves the resolution.
class Unit : public torch::nn::Module {
 public:
  Unit(std::int64_t in, std::int64_t out, int stride) : stride_(stride) {
    const std::int64_t half = out / 2;
    if (stride == 2) {
      branch1_ =
          register_module("branch1", torch::nn::Sequential(depthwise(in, stride), batch_norm(in),
                                                           conv(in, half, 1), batch_norm(half), relu()));
    }
    branch2_ = register_module(
        "branch2", torch::nn::Sequential(conv(stride == 1 ? half : in, half, 1), batch_norm(half), relu(),
                                         depthwise(half, stride), batch_norm(half), conv(half, half, 1),
                                         batch_norm(half), relu()));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    if (stride_ == 2) return interleave_channels(branch1_->forward(x), branch2_->forward(x));
    const auto halves = x.chunk(2, 1);
    return interleave_channels(halves[0], branch2_->forward(halves[1]));
  }

 private:
  static Conv depthwise(std::int64_t channels, int stride) {
    return conv(channels, channels, 3, {.stride = stride, .groups = channels});
  }

  int stride_;
  torch::nn::Sequential branch1_ = nullptr;
  torch::nn::Sequential branch2_ = nullptr;
};

}  // namespace

ShuffleNetV2::ShuffleNetV2(NetworkInfo info, const ShuffleNetV2Shape& shape, std::int64_t classes)
    : Network(std::move(info)),
      conv1_(conv(3, shape.stem, 3, {.stride = 2}), batch_norm(shape.stem), relu()),
      conv5_(conv(shape.stages.back(), shape.last, 1), batch_norm(shape.last), relu()),
      fc_(shape.last, classes) {
  register_module("conv1", conv1_);
  std::int64_t in = shape.stem;
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    for (int unit = 0; unit < kUnits[s]; ++unit) {
      stages_[s]->push_back(std::make_shared<Unit>(in, shape.stages[s], unit == 0 ? 2 : 1));
      in = shape.stages[s];
    }
    register_module("stage" + std::to_string(s + 2), stages_[s]);
  }
  register_module("conv5", conv5_);
  register_module("fc", fc_);
}

torch::Tensor ShuffleNetV2::forward(torch::Tensor images) {
  auto x = torch::max_pool2d(conv1_->forward(images), /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (auto& stage : stages_) x = stage->forward(x);
  return fc_->forward(conv5_->forward(x).mean({2, 3}));
}

}  // namespace mirrortune
