#pragma once

#include <array>
#include <string_view>

namespace mirrortune {

/// Every name of the table in models/registry.cpp, in its order, for code that must not link LibTorch.
inline constexpr std::array<std::string_view, 24> kNetworkNames = {
    "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0", "efficientnet_b0",
    "efficientnet_b1",    "efficientnet_b2",    "efficientnet_b3",    "efficientnet_b4",    "efficientnet_b5",
    "efficientnet_b6",    "efficientnet_b7",    "efficientnet_lite0", "resnet18",           "resnet34",
    "resnet50",           "resnet101",          "cornet_z",           "cornet_s",           "cornet_rt",
    "simsiam_resnet18",   "simsiam_resnet50",   "elman_rnn_h100",     "elman_rnn_h1000"};

/// The first so many of them classify images.
inline constexpr std::size_t kNumImageClassifiers = 20;
/// So many that follow are encoders: trained without labels, on two views of each image. The rest classify
/// the rows of digits.
inline constexpr std::size_t kNumEncoders = 2;

}  // namespace mirrortune
