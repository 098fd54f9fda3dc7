#include "models/cornet.h"

#include <string>
#include <utility>
#include <vector>

#include "models/detail/conv.h"

namespace mirrortune {
namespace {

constexpr std::array<const char*, 4> kAreas = {"V1", "V2", "V4", "IT"};
constexpr std::array<std::int64_t, 4> kChannels = {64, 128, 256, 512};

torch::Tensor halve_by_max(const torch::Tensor& x) {
  return torch::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
}

std::shared_ptr<CORnetDecoder> add_decoder(torch::nn::Module& network, std::int64_t classes) {
  return network.register_module("decoder", std::make_shared<CORnetDecoder>(kChannels.back(), classes));
}

}  // namespace

CORnetDecoder::CORnetDecoder(std::int64_t features, std::int64_t classes)
    : linear_(register_module("linear", torch::nn::Linear(features, classes))) {}

torch::Tensor CORnetDecoder::forward(const torch::Tensor& x) { return linear_->forward(spatial_mean(x)); }

CORnetZ::CORnetZ(NetworkInfo info, std::int64_t classes)
    : Network(std::move(info)),
      convs_({conv(3, kChannels[0], 7, {.stride = 2, .bias = true}),
              conv(kChannels[0], kChannels[1], 3, {.bias = true}),
              conv(kChannels[1], kChannels[2], 3, {.bias = true}),
              conv(kChannels[2], kChannels[3], 3, {.bias = true})}) {
  for (std::size_t a = 0; a < kAreas.size(); ++a) {
    register_module(kAreas[a], std::make_shared<torch::nn::Module>())->register_module("conv", convs_[a]);
  }
  decoder_ = add_decoder(*this, classes);
}

torch::Tensor CORnetZ::forward(torch::Tensor images) {
  auto x = images;
  for (auto& convolution : convs_) x = halve_by_max(convolution->forward(x).relu_());
  return decoder_->forward(x);
}

/// Two convolutions, which take the resolution to a quarter.
class CORnetS::V1 : public torch::nn::Module {
 public:
  V1()
      : conv1_(register_module("conv1", conv(3, kChannels[0], 7, {.stride = 2}))),
        norm1_(register_module("norm1", batch_norm(kChannels[0]))),
        conv2_(register_module("conv2", conv(kChannels[0], kChannels[0], 3))),
        norm2_(register_module("norm2", batch_norm(kChannels[0]))) {}

  torch::Tensor forward(const torch::Tensor& x) {
    const auto y = halve_by_max(norm1_->forward(conv1_->forward(x)).relu_());
    return norm2_->forward(conv2_->forward(y)).relu_();
  }

 private:
  Conv conv1_;
  torch::nn::BatchNorm2d norm1_;
  Conv conv2_;
  torch::nn::BatchNorm2d norm2_;
};

class CORnetS::Area : public torch::nn::Module {
 public:
  Area(std::int64_t in, std::int64_t out, int times) {
    constexpr std::int64_t kWidening = 4;
    const std::int64_t wide = kWidening * out;
    conv_input_ = register_module("conv_input", conv(in, out, 1));
    skip_ = register_module("skip", conv(out, out, 1, {.stride = kFirstStride}));
    norm_skip_ = register_module("norm_skip", batch_norm(out));
    conv1_ = register_module("conv1", conv(out, wide, 1));
    conv2_ = register_module("conv2", conv(wide, wide, 3));
    conv3_ = register_module("conv3", conv(wide, out, 1));
    for (int t = 0; t < times; ++t) {
      const auto norm = [&](int place, std::int64_t channels) {
        return register_module("norm" + std::to_string(place) + "_" + std::to_string(t),
                               batch_norm(channels));
      };
      norms_.push_back({norm(1, wide), norm(2, wide), norm(3, out)});
    }
  }

  torch::Tensor forward(const torch::Tensor& input) {
    auto x = conv_input_->forward(input);
    for (std::size_t t = 0; t < norms_.size(); ++t) {
      const bool first = t == 0;
      const auto skip = first ? norm_skip_->forward(skip_->forward(x)) : x;
      auto y = norms_[t][0]->forward(conv1_->forward(x)).relu_();
      y = torch::conv2d(y, conv2_->weight, /*bias=*/{}, first ? kFirstStride : 1, /*padding=*/1);
      y = norms_[t][1]->forward(y).relu_();
      y = norms_[t][2]->forward(conv3_->forward(y));
      x = y.add_(skip).relu_();
    }
    return x;
  }

 private:
  static constexpr std::int64_t kFirstStride = 2;

  Conv conv_input_ = nullptr;
  Conv skip_ = nullptr;
  torch::nn::BatchNorm2d norm_skip_ = nullptr;
  Conv conv1_ = nullptr;
  Conv conv2_ = nullptr;
  Conv conv3_ = nullptr;
  std::vector<std::array<torch::nn::BatchNorm2d, 3>> norms_;  ///< of each time
};

CORnetS::CORnetS(NetworkInfo info, std::int64_t classes) : Network(std::move(info)) {
  constexpr std::array<int, 3> kTimes = {2, 4, 2};
  v1_ = register_module(kAreas[0], std::make_shared<V1>());
  for (std::size_t a = 0; a < areas_.size(); ++a) {
    areas_[a] =
        register_module(kAreas[a + 1], std::make_shared<Area>(kChannels[a], kChannels[a + 1], kTimes[a]));
  }
  decoder_ = add_decoder(*this, classes);
}

torch::Tensor CORnetS::forward(torch::Tensor images) {
  auto x = v1_->forward(images);
  for (const auto& area : areas_) x = area->forward(x);
  return decoder_->forward(x);
}

class CORnetRT::Area : public torch::nn::Module {
 public:
  Area(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride)
      : conv_input_(register_module("conv_input", conv(in, out, kernel, {.stride = stride, .bias = true}))),
        norm_input_(register_module("norm_input", torch::nn::GroupNorm(kGroups, out))),
        conv1_(register_module("conv1", conv(out, out, 3))),
        norm1_(register_module("norm1", torch::nn::GroupNorm(kGroups, out))) {}

  /// What the area before it sends: [N, in, H, W] → [N, out, H', W'].
  torch::Tensor receive(const torch::Tensor& input) {
    return norm_input_->forward(conv_input_->forward(input)).relu_();
  }
  /// Nothing received yet, for an input of this shape.
  torch::Tensor receive_nothing(const torch::Tensor& input) const {
    const auto side = [&](std::int64_t extent) {
      return (extent - 1) / conv_input_->options.stride()->at(0) + 1;
    };
    return torch::zeros(
        {input.size(0), conv_input_->options.out_channels(), side(input.size(2)), side(input.size(3))},
        input.options());
  }
  /// One time step: the new state, which is the output as well.
  torch::Tensor step(const torch::Tensor& received_and_state) {
    return norm1_->forward(conv1_->forward(received_and_state)).relu_();
  }

 private:
  static constexpr std::int64_t kGroups = 32;

  Conv conv_input_;
  torch::nn::GroupNorm norm_input_;
  Conv conv1_;
  torch::nn::GroupNorm norm1_;
};

CORnetRT::CORnetRT(NetworkInfo info, std::int64_t classes) : Network(std::move(info)) {
  std::int64_t in = 3;
  for (std::size_t a = 0; a < areas_.size(); ++a) {
    const bool first = a == 0;
    areas_[a] = register_module(
        kAreas[a],
        std::make_shared<Area>(std::exchange(in, kChannels[a]), kChannels[a], first ? 7 : 3, first ? 4 : 2));
  }
  decoder_ = add_decoder(*this, classes);
}

torch::Tensor CORnetRT::forward(torch::Tensor images) {
  constexpr std::size_t kTimes = 5;
  const auto from_image = areas_[0]->receive(images);  // the same at every time step
  std::array<torch::Tensor, 4> states;
  for (std::size_t a = 0; a < areas_.size(); ++a) {
    states[a] = areas_[a]->step(a == 0 ? from_image : areas_[a]->receive_nothing(states[a - 1]));
  }
  for (std::size_t t = 1; t < kTimes; ++t) {
    // From the last area back, so that each sees what the one before it was a step ago. An area whose output
    // could not reach IT in the steps that are left is not computed.
    for (std::size_t a = areas_.size(); a-- > 0;) {
      if (t + (areas_.size() - 1 - a) >= kTimes) continue;
      const auto received = a == 0 ? from_image : areas_[a]->receive(states[a - 1]);
      states[a] = areas_[a]->step(received + states[a]);
    }
  }
  return decoder_->forward(states.back());
}

}  // namespace mirrortune
