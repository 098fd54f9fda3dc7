#pragma once

#include <span>

namespace mirrortune::detail {

/// A smooth function known at 0, 1, … by the polynomial through the five values nearest to `place`. Five
/// values at least.
double grid_value(std::span<const double> values, double place);

/// Where it is greatest: by Newton's steps from the greatest value; an end of the grid if that is the
/// greatest.
double grid_maximum(std::span<const double> values);

}  // namespace mirrortune::detail
