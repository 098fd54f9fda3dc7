#pragma once

#include <array>
#include <string_view>

namespace mirrortune {

/// Every name of the table in models/registry.cpp, in its order, for code that must not link LibTorch.
inline constexpr std::array<std::string_view, 4> kNetworkNames = {"shufflenet_v2_x0_5", "shufflenet_v2_x1_0",
                                                                  "resnet18", "resnet34"};

}  // namespace mirrortune
