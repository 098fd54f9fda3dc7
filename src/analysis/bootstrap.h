#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/floor.h"

namespace mirrortune {

/// A parametric bootstrap: how many samples, on how many threads (0: as many as there are cores).
struct BootstrapOptions {
  int samples = 0;
  int threads = 0;
};

/// ΔCDF of samples of pooled changes that are Gaussian with mean 0 in each layer, with these numbers and
/// scales, evaluated as the changes themselves are: what ΔCDF shows where layers of different scales are
/// pooled. Sample s is drawn from the streams (s, "bootstrap", layer) and does not depend on the threads; it
/// costs about 0.1 µs per change. NaN for layers without a spread. Throws StoppedError.
std::vector<double> bootstrap_delta_cdf(std::span<const LayerScale> layers, bool center,
                                        const BootstrapOptions& options);

/// (1 + number of samples ≥ delta_cdf)/(1 + samples), the p-value of a Monte Carlo test (Davison & Hinkley
/// 1997); NaN of NaN.
double bootstrap_p_value(double delta_cdf, std::span<const double> samples);

}  // namespace mirrortune
