#pragma once

#include <cmath>

namespace mirrortune {

/// φ, Φ and ∫ Φ of the standard normal distribution.
inline double normal_density(double x) { return 0.3989422804014326779 * std::exp(-0.5 * x * x); }
inline double normal_cdf(double x) { return 0.5 * std::erfc(-0.7071067811865475244 * x); }
/// ∫ Φ from −∞ to x.
inline double normal_cdf_integral(double x) { return x * normal_cdf(x) + normal_density(x); }

/// ln Φ(x), for any finite x: below −37, where Φ leaves the range of double, by its asymptotic series.
double log_normal_cdf(double x);
/// Φ⁻¹(p) for 0 < p < 1.
double normal_quantile(double p);

}  // namespace mirrortune
