#include "geometry/measurement_noise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mirrortune {
namespace {

/// Var = constant + slope·mean².
struct VarianceLine {
  double constant = 0;
  double slope = 0;

  double at(double square) const { return constant + slope * square; }
};

/// Weighted sums over the sizes: x is the squared mean, y the variance.
struct Sums {
  double w = 0, x = 0, xx = 0, y = 0, xy = 0;
};

Sums weighted_sums(std::span<const RepeatedSize> sizes, const VarianceLine& line, double smallest_variance) {
  Sums sums;
  for (const RepeatedSize& size : sizes) {
    const double square = size.mean * size.mean;
    const double expected = std::max(line.at(square), smallest_variance);
    const double weight = static_cast<double>(size.measurements - 1) / (expected * expected);
    sums.w += weight;
    sums.x += weight * square;
    sums.xx += weight * square * square;
    sums.y += weight * size.variance;
    sums.xy += weight * square * size.variance;
  }
  return sums;
}

/// The least squares with both coefficients at least 0.
VarianceLine least_squares(const Sums& sums) {
  const double determinant = sums.w * sums.xx - sums.x * sums.x;
  if (determinant > 1e-12 * sums.w * sums.xx) {
    const VarianceLine line{(sums.xx * sums.y - sums.x * sums.xy) / determinant,
                            (sums.w * sums.xy - sums.x * sums.y) / determinant};
    if (line.constant >= 0 && line.slope >= 0) return line;
  }
  const double explained_by_slope = sums.xx > 0 ? sums.xy * sums.xy / sums.xx : 0;
  const double explained_by_constant = sums.y * sums.y / sums.w;
  return explained_by_slope >= explained_by_constant * (1 - 1e-12) ? VarianceLine{0, sums.xy / sums.xx}
                                                                   : VarianceLine{sums.y / sums.w, 0};
}

double mean_variance(std::span<const RepeatedSize> sizes) {
  double sum = 0, repeats = 0;
  for (const RepeatedSize& size : sizes) {
    sum += static_cast<double>(size.measurements - 1) * size.variance;
    repeats += static_cast<double>(size.measurements - 1);
  }
  return repeats > 0 ? sum / repeats : 0;
}

}  // namespace

MeasurementNoise fit_measurement_noise(std::span<const RepeatedSize> sizes) {
  constexpr int kTurns = 200;
  constexpr double kSmallestShare = 1e-9;  // of the mean variance: keeps the weight of a size near 0 finite
  MeasurementNoise noise;
  for (const RepeatedSize& size : sizes) noise.repeats += size.measurements - 1;
  const double typical = mean_variance(sizes);
  if (!(typical > 0)) return noise;
  VarianceLine line{typical, 0};
  for (int turn = 0; turn < kTurns; ++turn) {
    const VarianceLine next = least_squares(weighted_sums(sizes, line, kSmallestShare * typical));
    const bool still = std::fabs(next.constant - line.constant) <= 1e-10 * typical &&
                       std::fabs(next.slope - line.slope) <= 1e-10 * next.slope;
    line = next;
    if (still) break;
  }
  noise.cv = std::sqrt(line.slope);
  noise.add = std::sqrt(line.constant);
  return noise;
}

}  // namespace mirrortune
