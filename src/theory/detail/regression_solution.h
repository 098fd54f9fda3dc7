#pragma once

#include <optional>
#include <span>
#include <vector>

#include "potential/potential.h"

#include "theory/detail/regression_gradient.h"

namespace mirrortune::detail {

struct RegressionSolved {
  std::vector<double> weights;
  std::vector<double> dual_changes;  ///< Xᵀλ
  double loss;                       ///< mean squared error that is left
};

/// The weights w = (φ')⁻¹(φ'(w0) + Xᵀλ) with Xw = y: what mirror descent under φ from w0 tends to, whatever
/// its rate (the nearest to w0 in φ's Bregman divergence of all that hold the labels). Newton's method on λ,
/// with conjugate gradients for its steps. None if it does not get to a loss of 1e-9 (of a mean square
/// label), as where the potential's domain holds no such weights.
std::optional<RegressionSolved> solve_regression(const RegressionData& data, std::span<const float> start,
                                                 const Potential& potential);

}  // namespace mirrortune::detail
