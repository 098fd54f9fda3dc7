#include "geometry/detail/truncated_normal.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <boost/math/quadrature/gauss.hpp>

#include "analysis/normal.h"

#include "geometry/detail/normal_density.h"

namespace mirrortune::detail {
namespace {

/// By the expansion about the middle, where the density is nearly linear.
TruncatedNormal narrow(double a, double b) {
  const double middle = (a + b) / 2, width = b - a, w2 = width * width;
  const double curvature = (middle * middle - 1) * w2 / 24;
  return {.log_mass = log_normal_density(middle) + std::log(width) + std::log1p(curvature),
          .mean = middle - middle * w2 / 12,
          .variance = w2 / 12,
          .square_variance = middle * middle * w2 / 3};
}

/// By quadrature about the middle, where the density changes by a factor of e² at most: differences of tails
/// would lose the variance.
TruncatedNormal smooth(double a, double b) {
  using Rule = boost::math::quadrature::gauss<double, 6>;
  const double middle = (a + b) / 2, half = (b - a) / 2;
  double mass = 0, first = 0, second = 0, along = 0, along_squares = 0;
  for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
    for (const double side : {-1.0, 1.0}) {
      const double t = side * half * Rule::abscissa()[i];
      const double weight = Rule::weights()[i] * std::exp(-t * (middle + t / 2));
      mass += weight;
      first += weight * t;
      second += weight * t * t;
      const double square = t * (2 * middle + t);  // z² less that of the middle
      along += weight * square;
      along_squares += weight * square * square;
    }
  }
  const double mean = first / mass, mean_square = along / mass;
  return {.log_mass = log_normal_density(middle) + std::log(half * mass),
          .mean = middle + mean,
          .variance = second / mass - mean * mean,
          .square_variance = along_squares / mass - mean_square * mean_square};
}

/// Far out, where the density falls as e^(−a z).
TruncatedNormal exponential(double a, double b) {
  const double t = a * (b - a), inside = -std::expm1(-t);
  const double lost = t > 700 ? 0.0 : t / std::expm1(t);
  const double variance = std::max(1 - lost * lost * std::exp(std::min(t, 700.0)), 0.0) / (a * a);
  return {.log_mass = log_normal_density(a) - std::log(a) + std::log(inside),
          .mean = a + (1 - lost) / a,
          .variance = variance,
          .square_variance = 4 * a * a * variance};
}

/// Between a ≥ 0 (or a ≥ −b) and b.
TruncatedNormal upper(double a, double b) {
  constexpr double kNarrow = 0.01, kSmooth = 2, kFar = 30;
  const double change_of_log_density = (b - a) * std::max(1.0, b);
  if (change_of_log_density < kNarrow) return narrow(a, b);
  if (change_of_log_density < kSmooth) return smooth(a, b);
  if (a > kFar) return exponential(a, b);
  const double mass = normal_cdf(-a) - normal_cdf(-b);
  const double at_a = normal_density(a), at_b = normal_density(b);
  const double mean = (at_a - at_b) / mass;
  const double square = 1 + (a * at_a - b * at_b) / mass;
  const double fourth = 3 * square + (a * a * a * at_a - b * b * b * at_b) / mass;
  return {.log_mass = std::log(mass),
          .mean = mean,
          .variance = std::max(square - mean * mean, 0.0),
          .square_variance = std::max(fourth - square * square, 0.0)};
}

}  // namespace

TruncatedNormal truncated_normal(double a, double b) {
  if (a + b >= 0) return upper(a, b);
  TruncatedNormal mirrored = upper(-b, -a);
  mirrored.mean = -mirrored.mean;
  return mirrored;
}

}  // namespace mirrortune::detail
