#pragma once

#include <memory>
#include <string>
#include <utility>

#include "potential/attempt.h"
#include "potential/detail/own_functions.h"

namespace mirrortune {

/// A potential of the user's own, made by `own_potential`. It works in double, on the host only, and has the
/// members of the built-in ones; each says what it does where the user's struct does not define it.
class OwnPotential {
 public:
  static constexpr bool kHostOnly = true;
  static constexpr bool kFlips = true;
  static constexpr bool kAttemptFlips = true;

  OwnPotential(std::string name, std::shared_ptr<const detail::OwnFunctions> functions)
      : name_(std::move(name)), functions_(std::move(functions)) {}

  /// How reports call it; configurations do not know it.
  const std::string& name() const { return name_; }

  /// φ(w); else ∫₀^w φ'.
  template <class T>
  T value(T w) const {
    return static_cast<T>(functions_->value(static_cast<double>(w)));
  }
  /// φ'(w); else ∫₀^w φ''.
  template <class T>
  T to_dual(T w) const {
    return static_cast<T>(functions_->to_dual(static_cast<double>(w)));
  }
  /// The w with φ'(w) = y and, where both signs have one, the sign of `sign`; else the root of ∫₀^w φ'' = y.
  template <class T>
  T from_dual(T y, T sign) const {
    return static_cast<T>(functions_->from_dual(static_cast<double>(y), static_cast<double>(sign)));
  }
  /// φ''(w); else the derivative of φ' by differences, to about 1e-10.
  template <class T>
  T second_derivative(T w) const {
    return static_cast<T>(functions_->second_derivative(static_cast<double>(w)));
  }
  /// D(u, v); else ∫_v^u (u − t)φ''(t) dt, or ∫_v^u (φ'(t) − φ'(v)) dt where φ'' is not defined.
  template <class T>
  T bregman(T u, T v) const {
    return static_cast<T>(functions_->bregman(static_cast<double>(u), static_cast<double>(v)));
  }
  /// φ'(w⁺) = φ'(w) + dual_increment; else as an increment of w while the sign holds and |w| does not halve,
  /// and the inverse of the shifted dual beyond.
  template <class T>
  T step(T w, T dual_increment) const {
    return take_step(*this, w, dual_increment, T(1));
  }
  template <class T>
  T attempt(T w, T direction, T rate) const {
    const T increment = direction * rate;
    if (increment == T(0)) return w;
    return static_cast<T>(functions_->step(static_cast<double>(w), static_cast<double>(increment)));
  }
  /// Whether w lies in the domain; else every finite weight does.
  template <class T>
  bool contains(T w) const {
    return functions_->contains(static_cast<double>(w));
  }

 private:
  std::string name_;
  std::shared_ptr<const detail::OwnFunctions> functions_;
};

/// `Potential mine = own_potential("cubic", Cubic{});` with a copyable struct of const member functions:
/// either
///   double to_dual(double w)  and  double from_dual(double y, double sign),   or only
///   double second_derivative(double w), positive; φ' is then its integral from 0, which must exist.
/// Used too where they are there: contains(w), value(w), bregman(u, v), step(w, dual_increment).
template <class Functions>
requires detail::HasDualMaps<Functions> || detail::HasSecondDerivative<Functions> OwnPotential
own_potential(std::string name, Functions functions) {
  return {std::move(name), std::make_shared<const detail::OwnFunctionsOf<Functions>>(std::move(functions))};
}

}  // namespace mirrortune
