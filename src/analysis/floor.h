#pragma once

#include <cstdint>
#include <span>

namespace mirrortune {

/// The mean of √n·ΔCDF over samples of n independent Gaussian changes of one scale.
inline constexpr double kFloor = 1.184;
inline constexpr double kFloorCentred = 0.832;

/// Number and standard deviation of the changes of one layer.
struct LayerScale {
  std::int64_t n = 0;
  double sd = 0;
};

/// The expected ΔCDF of pooled changes that are exactly Gaussian with mean 0 in each layer, with these
/// numbers and scales.
///
/// Two things keep it from 0. Scales that differ make the pool a mixture M of Gaussians, abs(M − Φ) > 0 for
/// any n. And F of a sample, its z divided by the sample's own sd (and its own mean subtracted if `center`),
/// scatters about M with variance s²(x)/n by the delta method. F(x) is nearly normal, so that E abs(F − Φ) is
/// the mean of a folded normal; it is summed over the published grid. No random numbers: within 1 % of the
/// mean of simulations from n = 100 on. For one layer it is kFloor/√n (kFloorCentred/√n). NaN if there is no
/// layer with n ≥ 2 and sd > 0.
double gaussian_floor(std::span<const LayerScale> layers, bool center);

}  // namespace mirrortune
