#pragma once

#include "geometry/change_model.h"
#include "geometry/identify.h"

namespace mirrortune::detail {

/// The most likely smooth_power(λ, β), λ in [0, 5]: β over the range from a hundredth of the smallest size to
/// ten times the greatest, λ by Brent's method at each.
SmoothFit fit_smooth_power(const ChangedPairs& pairs, const ChangeModelOptions& options, double lambda_guess);

}  // namespace mirrortune::detail
