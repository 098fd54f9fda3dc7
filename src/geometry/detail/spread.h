#pragma once

#include <span>

#include "geometry/change_model.h"

namespace mirrortune::detail {

double sum_of(std::span<const double> values);

/// The σ of the greatest likelihood, within a factor of e⁴ of `guess`, by Brent's method on ln σ.
SpreadFit fit_spread(const ChangeModel& model, double guess);

}  // namespace mirrortune::detail
