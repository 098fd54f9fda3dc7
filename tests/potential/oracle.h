#pragma once

#include <cctype>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include "potential/potential.h"

/// The potentials once more, written from their definitions for numbers with 100 digits (`Big`) or, for many
/// numbers, `long double`: the oracle of the tests. long double has 40 bits more than the float32 it judges.
namespace mirrortune::test {

using Big = boost::multiprecision::cpp_bin_float_100;

inline std::vector<std::string> all_potentials() {
  return {"negative_entropy",
          "1.01-norm",
          "1.1-norm",
          "1.5-norm",
          "2-norm",
          "2.5-norm",
          "3-norm",
          "10-norm",
          "hypentropy(beta=0.01)",
          "hypentropy(beta=0.7)",
          "smooth_power(lambda=0,beta=0.001)",
          "smooth_power(lambda=0.5,beta=0.001)",
          "smooth_power(lambda=1,beta=0.001)",
          "smooth_power(lambda=2,beta=0.001)",
          "smooth_power(lambda=2.5,beta=0.3)",
          "smooth_power(lambda=3,beta=0.02)",
          "smooth_power(lambda=9,beta=0.001)",
          "burg",
          "logistic(max=2)",
          "logistic(max=0.7)",
          "bounded(max=1.5)",
          "bounded(max=0.3)",
          "log_linear(delta=0.01)",
          "log_linear(delta=0.3)",
          "l2_plus_3norm(a=1,b=10)",
          "l2_plus_3norm(a=0.001,b=1)"};
}

/// The name of a parameterised test: letters, digits and underscores.
struct NameOfPotential {
  template <class Info>
  std::string operator()(const Info& test) const {
    std::string name = test.param;
    for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return name;
  }
};

template <class Chosen>
bool is(const Potential& potential) {
  return std::holds_alternative<Chosen>(potential);
}
inline bool is_negative_entropy(const Potential& potential) { return is<NegativeEntropy>(potential); }

/// Whether the potential is even, and its steps odd.
inline bool is_symmetric(const Potential& potential) { return !is<Logistic>(potential); }

template <class N>
N sign(const N& w) {
  return w < 0 ? N(-1) : N(1);
}

/// size^e for size ≥ 0.
template <class N>
N power(const N& size, const N& e) {
  using std::exp, std::log;
  return size == 0 ? N(e == 0 ? 1 : 0) : N(exp(e * log(size)));
}

/// ∫₀^s cosh^λ(t) dt for s ≥ 0. Whole λ: by parts down to ∫ cosh = sinh or ∫ 1 = s. Others: the binomial
/// series of cosh^λ in e^(−2t) from 1 on, where it converges, and that of (1−τ²)^(−1−λ/2), τ = tanh t,
/// before.
template <class N>
N power_of_cosh_integral(const N& lambda, const N& s) {
  using std::abs, std::cosh, std::exp, std::log, std::sinh, std::sqrt, std::tanh, std::pow;
  if (lambda == 0) return s;
  if (lambda == 1) return sinh(s);
  const N epsilon = std::numeric_limits<N>::epsilon() / 64;
  if (lambda == N(static_cast<int>(lambda)) && s > N(0.1)) {
    return (pow(cosh(s), lambda - 1) * sinh(s) + (lambda - 1) * power_of_cosh_integral<N>(lambda - 2, s)) /
           lambda;
  }
  const N near = s < 1 ? s : N(1), tau = tanh(near);
  N coefficient = 1, sum = 1;
  for (int k = 1; coefficient > epsilon * sum; ++k) {
    coefficient *= (lambda / 2 + k) / k * tau * tau;
    sum += coefficient / (2 * k + 1);
  }
  N total = tau * sum;
  if (s <= 1) return total;
  N binomial = exp(-lambda * log(N(2)));
  N far = exp(lambda * s), start = exp(lambda);
  const N far_ratio = exp(-2 * s), start_ratio = exp(N(-2));
  for (int k = 0; k < 1000; ++k) {
    const N rate = lambda - 2 * k;
    const N term = binomial * (far - start) / rate;  // λ is not whole here
    total += term;
    if (k > lambda && abs(term) < epsilon * total) break;
    binomial *= (lambda - k) / (k + 1);
    far *= far_ratio;
    start *= start_ratio;
  }
  return total;
}

template <class N>
struct Definition {
  static N log_abs(const N& w) {
    using std::abs, std::log;
    return log(N(abs(w)));
  }
  static N arsinh(const N& x) {
    using std::abs, std::log, std::sqrt, std::asinh;
    if constexpr (std::is_same_v<N, long double>) {
      return asinh(x);
    } else {
      const N size = abs(x);  // the logarithm of a number near 1 loses no more than the 40 digits of 1e-40
      if (size < N(1e-30)) return x * (1 - x * x / 6);
      return sign(x) * N(log(N(size + sqrt(N(size * size + 1)))));
    }
  }
  static N hyperbolic_sine(const N& y) {
    using std::sinh;
    return sinh(y);
  }
  static N radius(const N& w, double beta) {
    using std::sqrt;
    return sqrt(N(w * w + N(beta) * N(beta)));
  }

  // φ'
  static N dual(const NegativeEntropy&, const N& w) { return sign(w) * (log_abs(w) + 1); }
  static N dual(const PNorm& norm, const N& w) { return sign(w) * power<N>(abs_of(w), N(norm.p) - 1); }
  static N dual(const Hypentropy& h, const N& w) { return arsinh(w / N(h.beta)); }
  static N dual(const SmoothPower& s, const N& w) {
    return sign(w) * power<N>(N(s.beta), N(s.lambda)) *
           power_of_cosh_integral<N>(N(s.lambda), arsinh(abs_of(w) / N(s.beta)));
  }
  static N dual(const Burg&, const N& w) { return -1 / w; }
  static N dual(const Logistic& l, const N& w) { return log_abs(w) - log_abs(N(l.max) - w); }
  static N dual(const Bounded& b, const N& w) {
    if constexpr (std::is_same_v<N, long double>) {  // the difference of logarithms would cancel
      return sign(w) * std::log1p(2 * abs_of(w) / (N(b.max) - abs_of(w))) / 2;
    }
    return (log_abs(N(b.max) + w) - log_abs(N(b.max) - w)) / 2;
  }
  static N dual(const LogLinear& l, const N& w) {
    const N d(l.delta);
    return abs_of(w) <= d ? w : sign(w) * d * (1 + log_abs(w) - log_abs(d));
  }
  static N dual(const L2Plus3Norm& l, const N& w) { return N(l.a) * w + N(l.b) * w * abs_of(w); }

  // φ''
  static N curvature(const NegativeEntropy&, const N& w) { return 1 / abs_of(w); }
  static N curvature(const PNorm& norm, const N& w) {
    const N e = N(norm.p) - 2;
    return (N(norm.p) - 1) *
           (e < 0 && w == 0 ? N(std::numeric_limits<double>::max()) : power<N>(abs_of(w), e));
  }
  static N curvature(const Hypentropy& h, const N& w) { return 1 / radius(w, h.beta); }
  static N curvature(const SmoothPower& s, const N& w) {
    return power<N>(radius(w, s.beta), N(s.lambda) - 1);
  }
  static N curvature(const Burg&, const N& w) { return 1 / (w * w); }
  static N curvature(const Logistic& l, const N& w) { return N(l.max) / (w * (N(l.max) - w)); }
  static N curvature(const Bounded& b, const N& w) { return N(b.max) / (N(b.max) * N(b.max) - w * w); }
  static N curvature(const LogLinear& l, const N& w) {
    return abs_of(w) <= N(l.delta) ? N(1) : N(l.delta) / abs_of(w);
  }
  static N curvature(const L2Plus3Norm& l, const N& w) { return N(l.a) + 2 * N(l.b) * abs_of(w); }

  // φ
  static N value(const NegativeEntropy&, const N& w) { return w == 0 ? N(0) : abs_of(w) * log_abs(w); }
  static N value(const PNorm& norm, const N& w) { return power<N>(abs_of(w), N(norm.p)) / N(norm.p); }
  static N value(const Hypentropy& h, const N& w) { return w * dual(h, w) - radius(w, h.beta) + N(h.beta); }
  static N value(const SmoothPower& s, const N& w) {
    const N e = N(s.lambda) + 1;
    return w * dual(s, w) - (power<N>(radius(w, s.beta), e) - power<N>(N(s.beta), e)) / e;
  }
  static N value(const Burg&, const N& w) { return -log_abs(w); }
  static N value(const Logistic& l, const N& w) {
    return w * (log_abs(w) - log_abs(N(l.max))) +
           (N(l.max) - w) * (log_abs(N(l.max) - w) - log_abs(N(l.max)));
  }
  static N value(const Bounded& b, const N& w) {
    return w * dual(b, w) +
           N(b.max) / 2 * (log_abs(N(b.max) - w) + log_abs(N(b.max) + w) - 2 * log_abs(N(b.max)));
  }
  static N value(const LogLinear& l, const N& w) {
    const N d(l.delta);
    return abs_of(w) <= d ? N(w * w / 2) : N(d * d / 2 + d * abs_of(w) * (log_abs(w) - log_abs(d)));
  }
  static N value(const L2Plus3Norm& l, const N& w) {
    return N(l.a) * w * w / 2 + N(l.b) * w * w * abs_of(w) / 3;
  }

  // The w with φ'(w) = y, of the sign of `w` for negative entropy.
  static N inverse(const NegativeEntropy&, const N& y, const N& w) {
    using std::exp;
    return sign(w) * N(exp(N(sign(w) * y - 1)));
  }
  static N inverse(const PNorm& norm, const N& y, const N&) {
    return sign(y) * power<N>(abs_of(y), 1 / (N(norm.p) - 1));
  }
  static N inverse(const Hypentropy& h, const N& y, const N&) { return N(h.beta) * hyperbolic_sine(y); }
  /// By bisection in the exponent.
  static N inverse(const SmoothPower& s, const N& y, const N&) {
    using std::exp, std::log;
    if (s.lambda == 0) return inverse(Hypentropy{s.beta}, y, y);
    if (y == 0) return y;
    long double low = -700, high = 700;
    const long double goal = log(static_cast<long double>(abs_of(y)));
    for (int k = 0; k < 70; ++k) {
      const long double middle = (low + high) / 2;
      (log(Definition<long double>::dual(s, exp(middle))) < goal ? low : high) = middle;
    }
    N w(exp(static_cast<long double>(low)));  // good to 18 digits, and to 36 after a turn of Newton's method
    w -= (dual(s, w) - abs_of(y)) / curvature(s, w);
    return sign(y) * w;
  }
  static N inverse(const Burg&, const N& y, const N&) { return -1 / y; }
  static N inverse(const Logistic& l, const N& y, const N&) {
    using std::exp;
    return y < 0 ? N(N(l.max) * exp(y) / (1 + exp(y))) : N(N(l.max) / (1 + exp(N(-y))));
  }
  static N inverse(const Bounded& b, const N& y, const N&) {
    using std::tanh;
    return N(b.max) * N(tanh(y));
  }
  static N inverse(const LogLinear& l, const N& y, const N&) {
    using std::exp;
    const N d(l.delta);
    return abs_of(y) <= d ? y : sign(y) * d * N(exp(N(abs_of(y) / d - 1)));
  }
  static N inverse(const L2Plus3Norm& l, const N& y, const N&) {
    using std::sqrt;
    return 2 * y / (N(l.a) + N(sqrt(N(N(l.a) * N(l.a) + 4 * N(l.b) * abs_of(y)))));
  }

  static N abs_of(const N& w) { return w < 0 ? N(-w) : w; }
};

/// `law` with the struct that the potential holds, which is none of a user's own.
template <class N, class Law>
N with_chosen(const Potential& potential, const Law& law) {
  return std::visit(
      [&](const auto& chosen) -> N {
        if constexpr (std::is_same_v<std::decay_t<decltype(chosen)>, OwnPotential>) {
          throw std::logic_error("the oracle knows no potential of a user's own");
        } else {
          return law(chosen);
        }
      },
      potential);
}

template <class N>
N value(const Potential& potential, const N& w) {
  return with_chosen<N>(potential, [&](const auto& chosen) { return Definition<N>::value(chosen, w); });
}

/// Whether φ has all 100 digits, which those potentials miss whose φ is a difference of large terms.
inline bool has_exact_value(const Potential& potential) {
  return is_negative_entropy(potential) || is<PNorm>(potential);
}

/// φ' as the difference quotient of φ, good to 40 digits for w ≠ 0 within the domain.
inline Big derivative(const Potential& potential, const Big& w) {
  const Big h = abs(w) * Big(has_exact_value(potential) ? 1e-40 : 1e-30);
  return (value(potential, Big(w + h)) - value(potential, Big(w - h))) / (2 * h);
}

/// φ'' as the second difference quotient of φ, good to 20 digits for w ≠ 0 within the domain.
inline Big second_difference(const Potential& potential, const Big& w) {
  const Big h = abs(w) * Big(has_exact_value(potential) ? 1e-25 : 1e-18);
  return (value(potential, Big(w + h)) - 2 * value(potential, w) + value(potential, Big(w - h))) / (h * h);
}

/// φ'' from its definition.
template <class N>
N second_derivative(const Potential& potential, const N& w) {
  return with_chosen<N>(potential, [&](const auto& chosen) { return Definition<N>::curvature(chosen, w); });
}

template <class N>
N to_dual(const Potential& potential, const N& w) {
  return with_chosen<N>(potential, [&](const auto& chosen) { return Definition<N>::dual(chosen, w); });
}

template <class N>
N from_dual(const Potential& potential, const N& y, const N& w) {
  return with_chosen<N>(potential, [&](const auto& chosen) { return Definition<N>::inverse(chosen, y, w); });
}

/// The conjugate φ*(y) = sup_w (w y − φ(w)), over the weights of the sign of `w` where both signs have a w.
/// In closed form for negative entropy and the p-norms, which checks their φ and φ'⁻¹ too.
inline Big conjugate(const Potential& potential, const Big& y, const Big& w) {
  if (is_negative_entropy(potential)) return exp(Big(sign(w) * y - 1));
  if (const auto* norm = std::get_if<PNorm>(&potential)) {
    const Big q = Big(norm->p) / (Big(norm->p) - 1);
    return power<Big>(abs(y), q) / q;
  }
  const Big best = from_dual(potential, y, w);
  return best * y - value(potential, best);
}

/// The weight after a step: φ'⁻¹(φ'(w) + δ). A 0 stays 0 where φ'(0) = ±∞.
template <class N>
N stepped(const Potential& potential, const N& w, const N& increment) {
  using std::exp;
  if (is_negative_entropy(potential)) return w * N(exp(N(sign(w) * increment)));
  if (is<Burg>(potential)) return w / (1 - increment * w);
  const N dual = w == 0 ? N(0) : to_dual(potential, w);
  return from_dual(potential, N(dual + increment), w);
}

}  // namespace mirrortune::test
