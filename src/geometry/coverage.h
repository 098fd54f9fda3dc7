#pragma once

#include <cstdint>

#include "geometry/change_model.h"

namespace mirrortune {

/// The share of `runs` simulated tables whose 95 % profile interval holds λ: the sizes before as they are,
/// the dual changes normal and independent with spread σ, measured with the noise of `options`, and what
/// falls below the detection limit lost. Drawn from the streams (seed, "coverage", run).
double simulated_coverage(const ChangedPairs& pairs, double lambda, double sigma,
                          const ChangeModelOptions& options, int runs, std::uint64_t seed);

}  // namespace mirrortune
