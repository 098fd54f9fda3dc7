#pragma once

#include <cmath>
#include <numbers>

namespace mirrortune::detail {

/// Beyond this many σ nothing is missing: 1 − Φ(8.3) is less than half a last digit of 1.
inline constexpr double kCertain = 8.3;

/// ln of the density of N(0, 1).
inline double log_normal_density(double z) { return -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi); }

/// ln Φ(z).
inline double log_normal_cdf(double z) {
  if (z > kCertain) return 0;
  if (z > -36) return std::log(0.5 * std::erfc(-z / std::numbers::sqrt2));
  return log_normal_density(z) - std::log(-z);  // Mills' ratio to first order
}

}  // namespace mirrortune::detail
