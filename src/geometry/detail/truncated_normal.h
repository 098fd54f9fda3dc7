#pragma once

namespace mirrortune::detail {

/// What Z ~ N(0, 1) has between two numbers.
struct TruncatedNormal {
  double log_mass = 0;  ///< ln of the probability
  double mean = 0;
  double variance = 0;
  double square_variance = 0;  ///< variance of the square
};

/// Between a < b, both finite; exact to 10⁻⁹ for any width and distance from 0 up to 30, and of the right
/// order beyond.
TruncatedNormal truncated_normal(double a, double b);

}  // namespace mirrortune::detail
