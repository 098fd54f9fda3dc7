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

/// P(√n·ΔCDF ≥ root_n_delta_cdf) for many independent Gaussian changes of one scale, 0 … 1; NaN of NaN.
///
/// From a table of 2·10⁶ draws of the limit n → ∞ (tools/dev/make_delta_cdf_null.py). Smaller samples lie
/// below it: p is overstated by up to 0.01 at n = 1000 and 0.04 at n = 100, less where p is small. The
/// table's own error is 1 % of p at p = 0.01 and 5 % at 2e-4, where it ends. Beyond, Φ⁻¹(1 − p) goes on as a
/// line: it is a concave function of √n·ΔCDF (Ehrhard 1983) whose slope falls to that of the line, so that p
/// is overstated rather than understated. Changes of several scales are not of this kind.
double delta_cdf_p_value(double root_n_delta_cdf, bool center);

}  // namespace mirrortune
