#pragma once

#include <span>

namespace mirrortune::detail {

/// ln abs(w) of each weight, to 1 ulp; −∞ at 0. All must be finite; `logs` is as long as `weights`.
void log_sizes(std::span<const double> weights, std::span<double> logs);

}  // namespace mirrortune::detail
