#pragma once

#include <cstddef>
#include <span>

namespace mirrortune {

/// The noise of one measurement of a size: Var(measured | size) = add² + (cv·size)².
struct MeasurementNoise {
  double cv = 0;   ///< relative error: the coefficient of variation of large sizes
  double add = 0;  ///< additive error, in the unit of the sizes
  /// Measurements beyond the first of each size, which are the degrees of freedom of the estimate.
  std::size_t repeats = 0;
};

/// What several measurements of one size say.
struct RepeatedSize {
  double mean = 0;
  double variance = 0;           ///< unbiased
  std::size_t measurements = 0;  ///< 2 or more
};

/// The noise from sizes that were measured more than once: the least squares of their variances on 1 and the
/// squared means, cv² and add² not negative, weighted with the precision that the fit itself gives each
/// variance, (measurements − 1)/(2 Var²). Of one size alone, or of sizes of one mean, the noise is taken as
/// relative. Without any spread, or without sizes, cv and add are 0.
MeasurementNoise fit_measurement_noise(std::span<const RepeatedSize> sizes);

}  // namespace mirrortune
