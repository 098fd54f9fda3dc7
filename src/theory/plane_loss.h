#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

namespace mirrortune {

using TwoWeights = std::array<double, 2>;  ///< w1, w2

/// A loss of two weights. A `ridge` is one of u = w1/2 + w2 alone: its gradient is always along (1/2, 1), so
/// that every mirror flow conserves φ'(w1) − φ'(w2)/2, and its minima are a line.
struct PlaneLoss {
  const char* name;     ///< as options name it
  const char* formula;  ///< for people
  double (*value)(const TwoWeights& w);
  TwoWeights (*gradient)(const TwoWeights& w);
  std::optional<double> valley;  ///< of a ridge: u at the minimum; nothing: the loss is none

  bool is_ridge() const { return valley.has_value(); }
};

/// published (Pogodin et al. 2024, figure 2), quadratic and logistic, which are ridges, and bowl, which is
/// none.
std::span<const PlaneLoss> plane_losses();
/// Throws UsageError for a name that there is not.
const PlaneLoss& plane_loss_named(const std::string& name);

}  // namespace mirrortune
