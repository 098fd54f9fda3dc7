#pragma once

#include <string>
#include <vector>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include "potential/potential.h"

/// The potentials once more, written from their definitions with 100 digits: the oracle of the tests.
namespace mirrortune::test {

using Big = boost::multiprecision::cpp_bin_float_100;

inline std::vector<std::string> all_potentials() {
  return {"negative_entropy", "1.01-norm", "1.1-norm", "1.5-norm", "2-norm", "2.5-norm", "3-norm", "10-norm"};
}

inline bool is_negative_entropy(const Potential& potential) {
  return std::holds_alternative<NegativeEntropy>(potential);
}
/// p of a p-norm.
inline Big exponent(const Potential& potential) { return Big(std::get<PNorm>(potential).p); }

inline Big sign(const Big& w) { return w < 0 ? Big(-1) : Big(1); }

/// size^e for size ≥ 0.
inline Big power(const Big& size, const Big& e) { return size == 0 ? Big(0) : Big(exp(e * log(size))); }

inline Big value(const Potential& potential, const Big& w) {
  const Big size = abs(w);
  if (is_negative_entropy(potential)) return size == 0 ? Big(0) : Big(size * log(size));
  return power(size, exponent(potential)) / exponent(potential);
}

/// φ' as the difference quotient of φ, good to 40 digits for w ≠ 0.
inline Big derivative(const Potential& potential, const Big& w) {
  const Big h = abs(w) * Big(1e-40);
  return (value(potential, w + h) - value(potential, w - h)) / (2 * h);
}

/// φ'' as the second difference quotient of φ, good to 30 digits for w ≠ 0.
inline Big second_derivative(const Potential& potential, const Big& w) {
  const Big h = abs(w) * Big(1e-25);
  return (value(potential, w + h) - 2 * value(potential, w) + value(potential, w - h)) / (h * h);
}

/// The conjugate φ*(y) = sup_w (w y − φ(w)), over the weights of the sign of `w` for negative entropy.
inline Big conjugate(const Potential& potential, const Big& y, const Big& w) {
  if (is_negative_entropy(potential)) return exp(sign(w) * y - 1);
  const Big q = exponent(potential) / (exponent(potential) - 1);
  return power(abs(y), q) / q;
}

inline Big to_dual(const Potential& potential, const Big& w) {
  if (is_negative_entropy(potential)) return sign(w) * (log(abs(w)) + 1);
  return sign(w) * power(abs(w), exponent(potential) - 1);
}

/// The weight after a step: φ'⁻¹(φ'(w) + δ).
inline Big stepped(const Potential& potential, const Big& w, const Big& increment) {
  if (is_negative_entropy(potential)) return w * exp(sign(w) * increment);
  const Big y = to_dual(potential, w) + increment;
  return sign(y) * power(abs(y), 1 / (exponent(potential) - 1));
}

}  // namespace mirrortune::test
