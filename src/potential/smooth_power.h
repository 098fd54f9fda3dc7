#pragma once

#include <cmath>

#include "potential/hypentropy.h"
#include "potential/p_norm_step.h"

namespace mirrortune {

/// φ''(w) = (w² + β²)^((λ−1)/2), λ in [0, 64], β > 0: the power family made smooth at 0. λ = 0 is the
/// hypentropy, λ = 1 the 2-norm; for |w| ≫ β it is the (λ+1)-norm. Weights may change sign. All of it is
/// computed in double.
struct SmoothPower {
  double lambda = 1.0, beta = 0.0;

  /// φ(w) = w φ'(w) − ((w²+β²)^((λ+1)/2) − β^(λ+1))/(λ+1); 0 at w = 0.
  template <class T>
  MIRRORTUNE_HD T value(T w) const {
    const double size = std::fabs(static_cast<double>(w)), exponent = lambda + 1.0;
    const double x = size / beta;
    const double grown = x > 1.0 ? std::pow(radius(size), exponent) - std::pow(beta, exponent)
                                 : std::pow(beta, exponent) * std::expm1(exponent / 2.0 * std::log1p(x * x));
    return static_cast<T>(size * dual_of(size) - grown / exponent);
  }

  /// φ'(w) = ∫₀^w φ''(t) dt.
  template <class T>
  MIRRORTUNE_HD T to_dual(T w) const {
    return with_sign(static_cast<T>(dual_of(std::fabs(static_cast<double>(w)))), w);
  }

  /// The w with φ'(w) = y; the argument `sign` is not used. Newton's method on ln φ' over ln w: that curve is
  /// convex (λ > 1) or concave (λ < 1), its slope lies between 1 and λ, and the start, from the two limits of
  /// φ', on the side from which every turn comes nearer.
  template <class T>
  MIRRORTUNE_HD T from_dual(T y, T /*sign*/) const {
    if (lambda == 1.0 || y == T(0)) return y;
    if (lambda == 0.0) return Hypentropy{beta}.from_dual(y, y);
    const double dual = std::fabs(static_cast<double>(y)), log_dual = std::log(dual);
    const double linear = log_dual - (lambda - 1.0) * std::log(beta);  // ln w if |w| ≪ β
    const double power = (std::log(lambda) + log_dual) / lambda;       // ln w if |w| ≫ β
    double log_w = lambda > 1.0 ? std::fmin(linear, power) : std::fmax(linear, power);
    double w = std::exp(log_w);
    for (int turn = 0; turn < 60; ++turn) {
      const double here = dual_of(w);
      if (!(w > 0.0 && here > 0.0 && std::isfinite(here))) break;
      const double move = (log_dual - std::log(here)) * here / (w * curvature(w));
      log_w += move;
      // The last turns are about w itself, whose digits its logarithm does not hold.
      w = std::fabs(move) > 1e-6 ? std::exp(log_w) : w * (1.0 + std::expm1(move));
      if (std::fabs(move) < 1e-9) {
        w += (dual - dual_of(w)) / curvature(w);
        break;
      }
    }
    return with_sign(static_cast<T>(w), y);
  }

  template <class T>
  MIRRORTUNE_HD T second_derivative(T w) const {
    return static_cast<T>(curvature(static_cast<double>(w)));
  }

  /// D(u, v) = ∫_v^u (u − t) φ''(t) dt, as this integral for u near v and else from its definition.
  template <class T>
  MIRRORTUNE_HD T bregman(T u, T v) const {
    if (lambda == 0.0) return Hypentropy{beta}.bregman(u, v);
    const double end = static_cast<double>(u), start = static_cast<double>(v), change = end - start;
    if (lambda != 1.0 && std::fabs(change) * (1.0 + lambda) > 0.3 * radius(start)) {
      return static_cast<T>(value(end) - value(start) - to_dual(start) * change);
    }
    double sum = 0.0;
    for (int k = 0; k < kNodes; ++k) sum += weight(k) * (1.0 - node(k)) * growth(start, node(k) * change);
    return static_cast<T>(change * change * curvature(start) * sum);
  }

  /// φ'(w⁺) = φ'(w) + dual_increment. A small step solves ∫_w^(w⁺) φ'' = δ for w⁺ − w, so that it keeps its
  /// digits; another is the inverse of the shifted dual.
  template <class T>
  MIRRORTUNE_HD T step(T w, T dual_increment) const {
    if (lambda == 0.0) return Hypentropy{beta}.step(w, dual_increment);
    if (lambda == 1.0) return take_step(TwoNormStep{}, w, dual_increment, T(1));
    return static_cast<T>(step_in_double(static_cast<double>(w), static_cast<double>(dual_increment)));
  }

  MIRRORTUNE_HD_RARE double step_in_double(double w, double dual_increment) const {
    if (dual_increment == 0.0) return w;
    const double slope = curvature(w), first = dual_increment / slope;
    if (!(std::fabs(first) * (1.0 + lambda) <= 0.1 * radius(w))) {
      return from_dual(to_dual(w) + dual_increment, w);
    }
    double change = first;
    for (int turn = 0; turn < 6; ++turn) {
      double mean = 0.0;  // of φ''/φ''(w) between w and w + change
      for (int k = 0; k < kNodes; ++k) mean += weight(k) * growth(w, node(k) * change);
      const double move = (first - change * mean) / growth(w, change);
      change += move;
      if (std::fabs(move) <= 1e-9 * std::fabs(change)) break;  // the error is squared at each turn
    }
    return w + change;
  }

 private:
  static constexpr int kNodes = 6;

  /// The Gauss–Legendre rule of `kNodes` points on [0, 1].
  MIRRORTUNE_HD static double node(int k) {
    constexpr double kHalf[] = {0.033765242898423975, 0.16939530676686776, 0.38069040695840156};
    return k < 3 ? kHalf[k] : 1.0 - kHalf[5 - k];
  }
  MIRRORTUNE_HD static double weight(int k) {
    constexpr double kHalf[] = {0.085662246189585178, 0.18038078652406930, 0.23395696728634552};
    return kHalf[k < 3 ? k : 5 - k];
  }

  /// √(w² + β²).
  MIRRORTUNE_HD double radius(double w) const { return std::hypot(w, beta); }

  MIRRORTUNE_HD double curvature(double w) const {
    return lambda == 1.0 ? 1.0 : std::pow(radius(w), lambda - 1.0);
  }

  /// φ''(w + change)/φ''(w).
  MIRRORTUNE_HD double growth(double w, double change) const {
    const double r = radius(w);
    return std::exp((lambda - 1.0) / 2.0 * std::log1p(change / r * ((w + w + change) / r)));
  }

  /// φ'(size) of size ≥ 0. With w = β sinh s it is β^λ ∫₀^s cosh^λ.
  MIRRORTUNE_HD double dual_of(double size) const {
    if (lambda == 1.0 || size == 0.0) return size;
    if (lambda == 0.0) return std::asinh(size / beta);
    if (lambda == 2.0) return (size * radius(size) + beta * beta * std::asinh(size / beta)) / 2.0;
    if (lambda == 3.0) return size * (beta * beta + size * size / 3.0);
    if (!std::isfinite(size)) return size;
    constexpr double kSplit = 0.5, kTanhOfSplit = 0.46211715726000976;
    const double s = std::asinh(size / beta);
    return s <= kSplit ? near_zero(size / radius(size)) : near_zero(kTanhOfSplit) + beyond(kSplit, s, size);
  }

  /// β^λ ∫₀^τ (1 − t²)^(−1−λ/2) dt, t = tanh s, by the binomial series: positive terms only.
  MIRRORTUNE_HD double near_zero(double tau) const {
    double coefficient = 1.0, sum = 1.0;
    for (int k = 1; k < 300; ++k) {
      coefficient *= (lambda / 2.0 + k) / k * tau * tau;
      const double term = coefficient / (2 * k + 1);
      sum += term;
      if (term < 1e-17 * sum) break;
    }
    return std::pow(beta, lambda) * tau * sum;
  }

  /// β^λ ∫ cosh^λ from `from` to s, the binomial series of 2^(−λ)(e^t + e^(−t))^λ term by term:
  /// C(λ, k) ∫ e^((λ−2k)t). Each integral is its largest integrand times the length times (1 − e^(−x))/x,
  /// which is 1 at λ = 2k.
  MIRRORTUNE_HD double beyond(double from, double s, double size) const {
    const double end = (radius(size) + size) / 2.0, start = beta * std::exp(from) / 2.0;  // β e^t / 2
    const double end_ratio = beta / (2.0 * end), start_ratio = std::exp(-from);
    const double end_shrinks = end_ratio * end_ratio, start_shrinks = start_ratio * start_ratio;  // e^(−2t)
    double at_end = std::pow(end, lambda), at_start = std::pow(start, lambda), binomial = 1.0, sum = 0.0;
    for (int k = 0; k < 300; ++k) {
      const double rate = lambda - 2.0 * k, x = std::fabs(rate) * (s - from);
      const double part = x == 0.0 ? 1.0 : -std::expm1(-x) / x;
      const double term = binomial * (rate > 0.0 ? at_end : at_start) * part;
      sum += term;
      if (k > lambda && std::fabs(term) < 1e-17 * sum) break;
      binomial *= (lambda - k) / (k + 1);
      at_end *= end_shrinks;
      at_start *= start_shrinks;
    }
    return sum * (s - from);
  }
};

/// A smooth power as a step of a loop over weights, for the λ that need the general form. Not vector code.
struct SmoothPowerStep {
  SmoothPower potential;
  double scale = 1.0;  ///< every increment is multiplied by it, in double
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = true;

  template <class T>
  MIRRORTUNE_HD T attempt(T w, T direction, T rate) const {
    const double increment = static_cast<double>(direction * rate) * scale;
    return static_cast<T>(potential.step_in_double(static_cast<double>(w), increment));
  }
};

}  // namespace mirrortune
