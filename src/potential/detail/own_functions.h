#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <utility>

namespace mirrortune::detail {

template <class F>
concept HasDualMaps = requires(const F& f, double x) {
  { f.to_dual(x) } -> std::convertible_to<double>;
  { f.from_dual(x, x) } -> std::convertible_to<double>;
};

template <class F>
concept HasSecondDerivative = requires(const F& f, double x) {
  { f.second_derivative(x) } -> std::convertible_to<double>;
};

/// The ten-point Gauss–Legendre rule on [a, b].
template <class Function>
double gauss_legendre(const Function& f, double a, double b) {
  constexpr std::array kNodes = {0.14887433898163122, 0.43339539412924719, 0.67940956829902441,
                                 0.86506336668898451, 0.97390652851717172};
  constexpr std::array kWeights = {0.29552422471475287, 0.26926671930999636, 0.21908636251598204,
                                   0.14945134915058059, 0.06667134430868814};
  const double half = (b - a) / 2, middle = a + half;
  double sum = 0;
  for (std::size_t k = 0; k < kNodes.size(); ++k) {
    sum += kWeights[k] * (f(middle - half * kNodes[k]) + f(middle + half * kNodes[k]));
  }
  return sum * half;
}

/// `whole`, the rule's value on [a, b], made good to about 1e-15 of itself: intervals are halved, at most
/// `depth` times, until the halves agree with the whole to the share `error` of the integral.
template <class Function>
double refined(const Function& f, double a, double b, double whole, double error, int depth) {
  const double middle = a + (b - a) / 2;
  const double left = gauss_legendre(f, a, middle), right = gauss_legendre(f, middle, b), both = left + right;
  const bool good = std::fabs(both - whole) <= std::max(error, 1e-15 * std::fabs(both));
  if (good || depth == 0 || !std::isfinite(both)) return both;
  return refined(f, a, middle, left, error, depth - 1) + refined(f, middle, b, right, error, depth - 1);
}

/// ∫_a^b f. From 0 the interval is halved towards 0 as often as f's own scale asks for.
template <class Function>
double integral(const Function& f, double a, double b) {
  if (a == b) return 0;
  const double whole = gauss_legendre(f, a, b);
  const double split = a + (b - a) / 2;
  const double both = gauss_legendre(f, a, split) + gauss_legendre(f, split, b);
  return refined(f, a, b, whole, 1e-17 * std::fabs(both), /*depth=*/220);
}

/// The w⁺ with ∫_w^(w⁺) slope = increment for a positive function `slope`: Newton's method in the distance
/// from w, within a bracket that is halved (in its logarithm where it is wide) when Newton leaves it.
template <class Slope, class Contains>
double travel(const Slope& slope, const Contains& contains, double w, double increment) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (increment == 0 || std::isnan(w + increment)) return w + increment;
  const double sign = increment < 0 ? -1 : 1, goal = std::fabs(increment);
  double near = 0, covered = 0, far = kInfinity;  // the integral up to `near` is `covered` ≤ goal
  double x = goal / slope(w);
  if (!(x > 0 && std::isfinite(x))) x = std::fmax(std::fabs(w), 1e-3);
  for (int turn = 0; turn < 400; ++turn) {
    const double end = w + sign * x;
    const double sum = contains(end) ? covered + sign * integral(slope, w + sign * near, end) : kInfinity;
    double next = -1;
    if (std::isfinite(sum)) {
      next = x + (goal - sum) / slope(end);
      if (std::fabs(next - x) <= 4e-16 * x) return w + sign * next;
    }
    if (sum <= goal) {
      near = x;
      covered = sum;
    } else {
      far = x;
    }
    if (far - near <= 2e-16 * near) break;
    if (!(next > near && next < far)) {
      if (far == kInfinity) {
        next = x * 16;
      } else {
        next = near == 0 ? far / 16 : (far > 4 * near ? std::sqrt(near) * std::sqrt(far) : (near + far) / 2);
      }
    }
    x = next;
  }
  return w + sign * x;
}

/// What `OwnPotential` asks of a user's potential, in double.
class OwnFunctions {
 public:
  OwnFunctions() = default;
  OwnFunctions(const OwnFunctions&) = delete;
  OwnFunctions& operator=(const OwnFunctions&) = delete;
  virtual ~OwnFunctions() = default;
  virtual double value(double w) const = 0;
  virtual double to_dual(double w) const = 0;
  virtual double from_dual(double y, double sign) const = 0;
  virtual double second_derivative(double w) const = 0;
  virtual double bregman(double u, double v) const = 0;
  virtual double step(double w, double dual_increment) const = 0;
  virtual bool contains(double w) const = 0;
};

/// A user's struct, and what it leaves out (see own_potential.h).
template <class F>
class OwnFunctionsOf final : public OwnFunctions {
 public:
  explicit OwnFunctionsOf(F functions) : f_(std::move(functions)) {}

  double value(double w) const override {
    if constexpr (requires { f_.value(w); }) {
      return f_.value(w);
    } else {
      return integral([this](double t) { return to_dual(t); }, 0.0, w);
    }
  }
  double to_dual(double w) const override {
    if constexpr (HasDualMaps<F>) {
      return f_.to_dual(w);
    } else {
      return integral([this](double t) { return second_derivative(t); }, 0.0, w);
    }
  }
  double from_dual(double y, double sign) const override {
    if constexpr (HasDualMaps<F>) {
      return f_.from_dual(y, sign);
    } else {
      return travelled(0.0, y);
    }
  }
  double second_derivative(double w) const override {
    if constexpr (HasSecondDerivative<F>) {
      return f_.second_derivative(w);
    } else {  // central differences of three widths, their errors of order 2 and 4 cancelled (Richardson)
      const double h = (w == 0 ? 1e-6 : std::fabs(w)) / 64;
      const auto quotient = [&](double d) { return (f_.to_dual(w + d) - f_.to_dual(w - d)) / (2 * d); };
      const double wide = quotient(h), middle = quotient(h / 2), narrow = quotient(h / 4);
      const double first = middle + (middle - wide) / 3, second = narrow + (narrow - middle) / 3;
      return second + (second - first) / 15;
    }
  }
  double bregman(double u, double v) const override {
    if constexpr (requires { f_.bregman(u, v); }) {
      return f_.bregman(u, v);
    } else if constexpr (HasSecondDerivative<F>) {
      return integral([&](double t) { return (u - t) * f_.second_derivative(t); }, v, u);
    } else {
      return integral([&, dual = to_dual(v)](double t) { return to_dual(t) - dual; }, v, u);
    }
  }
  double step(double w, double dual_increment) const override {
    if constexpr (requires { f_.step(w, dual_increment); }) {
      return f_.step(w, dual_increment);
    } else if constexpr (HasDualMaps<F>) {
      const double dual = f_.to_dual(w), moved = f_.from_dual(dual + dual_increment, w);
      const double change = moved - f_.from_dual(dual, w);
      const bool holds = moved * w > 0 && std::fabs(moved) >= std::fabs(w) / 2 && std::isfinite(change);
      return holds ? w + change : moved;
    } else {
      return travelled(w, dual_increment);
    }
  }
  bool contains(double w) const override {
    if constexpr (requires { f_.contains(w); }) {
      return f_.contains(w);
    } else {
      return std::isfinite(w);
    }
  }

 private:
  double travelled(double w, double increment) const {
    return travel([this](double t) { return second_derivative(t); }, [this](double t) { return contains(t); },
                  w, increment);
  }

  F f_;
};

}  // namespace mirrortune::detail
