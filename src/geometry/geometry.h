#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <variant>

#include "potential/potential.h"

namespace mirrortune {

/// A size by its logarithm, so that powers of it neither overflow nor lose a small change.
struct Size {
  double log = 0;  ///< ln abs(w)
  bool negative = false;

  static Size of(double w) { return {std::log(std::fabs(w)), w < 0}; }
  double value() const { return negative ? -std::exp(log) : std::exp(log); }
};

/// The power family φ''(w) = abs(w)^(λ−1), any real λ: Burg −1, negative entropy 0, the p-norm p − 1. Its
/// dual is taken as sgn(w)(abs(w)^λ − 1)/λ, which goes to sgn(w)·ln abs(w) as λ → 0.
struct PowerGeometry {
  double lambda = 1;

  /// Can a finite dual change carry a size through 0?
  bool can_flip() const { return lambda > 0; }
  /// sgn(w0)·(φ'(w1) − φ'(w0)): growth is positive. Exact to rounding for any small change.
  double change(Size before, Size after) const {
    if (before.negative != after.negative) return -(power(before.log) + power(after.log)) / lambda;
    return power(before.log) * growth(after.log - before.log);
  }
  /// ln φ''(w).
  double log_curvature(Size size) const { return (lambda - 1) * size.log; }
  /// sgn(w0)·φ''(w0)·w0: the dual change per relative change of the size.
  double per_relative_change(Size before) const { return power(before.log); }
  /// Where a dual change (growth is positive) brings a size: beyond 0 if λ > 0 and it is large enough, at
  /// infinity if λ < 0 and it is.
  Size moved(Size before, double change) const {
    const double relative = change / power(before.log);
    const double grown = 1 + lambda * relative;
    if (grown <= 0 && lambda < 0) return {std::numeric_limits<double>::infinity(), before.negative};
    if (grown <= 0) return {before.log + std::log(-grown) / lambda, !before.negative};
    const double growth = std::fabs(lambda) < 1e-12 ? relative : std::log1p(lambda * relative) / lambda;
    return {before.log + growth, before.negative};
  }
  /// φ'(w0) − φ'(limit) of a positive size: how far it is from being lost; `log_limit` may be −∞.
  double margin(Size before, double log_limit) const {
    if (!std::isfinite(log_limit)) {
      return can_flip() ? power(before.log) / lambda : std::numeric_limits<double>::infinity();
    }
    return power(log_limit) * growth(before.log - log_limit);
  }

 private:
  double power(double log) const { return std::exp(lambda * log); }
  /// (e^(λ r) − 1)/λ.
  double growth(double r) const {
    return std::fabs(lambda * r) < 1e-300 ? r : std::expm1(lambda * r) / lambda;
  }
};

/// The λ of a potential of the power family; nothing for another.
inline std::optional<double> power_of(const Potential& potential) {
  if (std::holds_alternative<NegativeEntropy>(potential)) return 0.0;
  if (std::holds_alternative<Burg>(potential)) return -1.0;
  if (const auto* norm = std::get_if<PNorm>(&potential)) return norm->p - 1;
  return std::nullopt;
}

/// Any potential, as the power family above.
struct PotentialGeometry {
  Potential potential;

  bool can_flip() const { return !zero_is_singular(potential); }
  double change(Size before, Size after) const {
    const double change = to_dual(potential, after.value()) - to_dual(potential, before.value());
    return before.negative ? -change : change;
  }
  double log_curvature(Size size) const { return std::log(second_derivative(potential, size.value())); }
  double per_relative_change(Size before) const {
    return second_derivative(potential, before.value()) * std::exp(before.log);
  }
  double margin(Size before, double log_limit) const {
    const double limit = std::isfinite(log_limit) ? std::exp(log_limit) : 0.0;
    return to_dual(potential, before.value()) - to_dual(potential, limit);
  }
};

}  // namespace mirrortune
