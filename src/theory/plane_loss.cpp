#include "theory/plane_loss.h"

#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune {
namespace {

struct Published {
  static double value(double u) { return (u - 1) * std::exp(u); }
  static double slope(double u) { return u * std::exp(u); }
};

struct Quadratic {
  static double value(double u) { return (u - 1) * (u - 1) / 2; }
  static double slope(double u) { return u - 1; }
};

/// Cross-entropy of the output σ(u) when 1 is right three times in four.
struct Logistic34 {
  static constexpr double kShare = 0.75;
  static double value(double u) {
    return std::max(u, 0.0) + std::log1p(std::exp(-std::fabs(u))) - kShare * u;
  }
  static double slope(double u) { return 1 / (1 + std::exp(-u)) - kShare; }
};

double bowl(const TwoWeights& w) { return (w[0] - 0.5) * (w[0] - 0.5) / 2 + (w[1] + 0.25) * (w[1] + 0.25); }

template <class Ridge>
PlaneLoss ridge(const char* name, const char* formula, double valley) {
  return {.name = name,
          .formula = formula,
          .value = [](const TwoWeights& w) { return Ridge::value(w[0] / 2 + w[1]); },
          .gradient =
              [](const TwoWeights& w) {
                const double slope = Ridge::slope(w[0] / 2 + w[1]);
                return TwoWeights{slope / 2, slope};
              },
          .valley = valley};
}

}  // namespace

std::span<const PlaneLoss> plane_losses() {
  static const std::vector<PlaneLoss> losses = {
      ridge<Published>("published", "(u − 1)·exp(u), u = w1/2 + w2", 0),
      ridge<Quadratic>("quadratic", "(u − 1)²/2, u = w1/2 + w2", 1),
      ridge<Logistic34>("logistic", "ln(1 + exp(u)) − 3u/4, u = w1/2 + w2", std::log(3.0)),
      {.name = "bowl",
       .formula = "(w1 − 1/2)²/2 + (w2 + 1/4)²",
       .value = bowl,
       .gradient =
           [](const TwoWeights& w) {
             return TwoWeights{w[0] - 0.5, 2 * (w[1] + 0.25)};
           },
       .valley = {}}};
  return losses;
}

const PlaneLoss& plane_loss_named(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& loss : plane_losses()) {
    if (loss.name == name) return loss;
    names.emplace_back(loss.name);
  }
  throw UsageError(
      {.what = "unknown loss '" + printable(name) + "'", .why = "must be one of " + join(names, ", ")});
}

}  // namespace mirrortune
