#pragma once

#include <cstdint>

#include "models/network.h"

namespace mirrortune {

/// A new head: weight and bias uniform in ±1/√fan_in from Stream(seed, "head").
void draw_head(Network& network, std::uint64_t seed);

}  // namespace mirrortune
