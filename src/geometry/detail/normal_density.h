#pragma once

#include <cmath>
#include <numbers>

namespace mirrortune::detail {

/// ln of the density of N(0, 1).
inline double log_normal_density(double z) { return -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi); }

}  // namespace mirrortune::detail
