#pragma once

#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "potential/bounded.h"
#include "potential/burg.h"
#include "potential/detail/text.h"
#include "potential/hypentropy.h"
#include "potential/l2_plus_3norm.h"
#include "potential/log_linear.h"
#include "potential/logistic.h"
#include "potential/negative_entropy.h"
#include "potential/own_potential.h"
#include "potential/p_norm.h"
#include "potential/smooth_power.h"

namespace mirrortune {

/// A potential chosen at run time. Hot loops visit it (or `visit_step`) once, outside the loop.
using Potential = std::variant<NegativeEntropy, PNorm, Hypentropy, SmoothPower, Burg, Logistic, Bounded,
                               LogLinear, L2Plus3Norm, OwnPotential>;

/// Whether a potential is for the host only, known to compilers: device code leaves it out.
template <class Chosen>
inline constexpr bool is_host_only = requires {
  requires Chosen::kHostOnly;
};

/// The registry of the potentials with a name: how each is written, and what its parameters may be. Parsing,
/// printing, error messages and documentation all come from it. (The p-norms are written `<p>-norm`.)
inline constexpr std::tuple kPotentialForms{
    detail::form<NegativeEntropy>("negative_entropy"),
    detail::form<Hypentropy>("hypentropy", detail::positive("beta", &Hypentropy::beta)),
    detail::form<SmoothPower>("smooth_power", detail::between(0, 64, "lambda", &SmoothPower::lambda),
                              detail::positive("beta", &SmoothPower::beta)),
    detail::form<Burg>("burg"),
    detail::form<Logistic>("logistic", detail::positive("max", &Logistic::max)),
    detail::form<Bounded>("bounded", detail::positive("max", &Bounded::max)),
    detail::form<LogLinear>("log_linear", detail::positive("delta", &LogLinear::delta)),
    detail::form<L2Plus3Norm>("l2_plus_3norm", detail::positive("a", &L2Plus3Norm::a),
                              detail::positive("b", &L2Plus3Norm::b)),
};

/// Calls `body` with every line of the registry.
template <class Body>
void for_each_form(const Body& body) {
  std::apply([&](const auto&... form) { (body(form), ...); }, kPotentialForms);
}

/// The forms in which configurations write potentials, for help and messages: `2-norm or any p-norm with p >
/// 1`, `negative_entropy`, `hypentropy(beta=…)`, …
inline std::vector<std::string> potential_forms() {
  std::vector<std::string> forms = {"2-norm or any p-norm with p > 1"};
  for_each_form([&](const auto& form) { forms.push_back(detail::pattern_of(form)); });
  return forms;
}

namespace detail {

[[noreturn]] inline void throw_unknown(std::string_view text, std::string_view name) {
  std::string nearest, forms;
  std::size_t smallest = 1 + name.size() / 3;
  for_each_form([&](const auto& form) {
    const std::size_t distance = edit_distance(name, form.name);
    if (distance >= smallest) return;
    smallest = distance;
    nearest = form.name;
  });
  for (const auto& form : potential_forms()) forms += (forms.empty() ? "" : ", ") + form;
  throw std::invalid_argument("unknown potential " + in_quotes(text) +
                              (nearest.empty() ? "" : "; did you mean " + in_quotes(nearest) + "?") +
                              (nearest.empty() ? ": must be one of " : " Must be one of ") + forms);
}

inline Potential parse_p_norm(std::string_view text, std::string_view number) {
  const double p = number_in(number);
  if (std::isnan(p) && number != "nan") {
    throw std::invalid_argument("unknown potential " + in_quotes(text) +
                                ": the part before -norm must be a number above 1, as in 2-norm or 1.5-norm");
  }
  if (!std::isfinite(p) || p <= 1.0) {
    throw std::invalid_argument("potential " + in_quotes(text) +
                                " does not exist: p must be a finite number above 1");
  }
  return PNorm{p};
}

}  // namespace detail

/// The potential that a text of a configuration names: `<p>-norm` with p > 1 (`2-norm`, `1.5-norm`,
/// `2.0-norm`), or a name of the registry with its parameters, all of them and in any order:
/// `smooth_power(beta=0.001, lambda=2)`. Throws std::invalid_argument with a sentence that says what is wrong
/// and what is allowed.
inline Potential parse_potential(std::string_view text) {
  constexpr std::string_view kSuffix = "-norm";
  if (text.ends_with(kSuffix)) {
    return detail::parse_p_norm(text, text.substr(0, text.size() - kSuffix.size()));
  }
  const auto open = text.find('(');
  const auto name = text.substr(0, open);
  const auto list = open == text.npos ? std::string_view() : text.substr(open + 1);
  Potential found;
  bool known = false;
  for_each_form([&](const auto& form) {
    if (form.name != name) return;
    known = true;
    if (open != text.npos && !list.ends_with(')'))
      detail::throw_invalid(text, "the closing parenthesis is missing");
    found = detail::filled(form, list.substr(0, list.empty() ? 0 : list.size() - 1), text);
  });
  if (!known) detail::throw_unknown(text, name);
  return found;
}

/// The canonical text, used in keys, folders and hashes: `2.0-norm` prints `2-norm`; parameters in the
/// registry's order without blanks, numbers in their shortest form that reads back as the same:
/// `l2_plus_3norm(a=1,b=10)`. A user's own potential prints its name, which `parse_potential` does not know.
inline std::string to_text(const Potential& potential) {
  if (const auto* norm = std::get_if<PNorm>(&potential)) return detail::shortest(norm->p) + "-norm";
  if (const auto* own = std::get_if<OwnPotential>(&potential)) return own->name();
  std::string text;
  for_each_form([&](const auto& form) {
    const auto* chosen = std::get_if<typename std::decay_t<decltype(form)>::Type>(&potential);
    if (!chosen) return;
    text = written(form,
                   [chosen](const auto& parameter) { return detail::shortest(chosen->*(parameter.member)); });
  });
  return text;
}

/// φ'(w) of one weight, for code that is not hot.
inline double to_dual(const Potential& potential, double w) {
  return std::visit([w](const auto& chosen) { return chosen.to_dual(w); }, potential);
}

/// The w with φ'(w) = y and, where both signs have one, the sign of `sign`; for code that is not hot.
inline double from_dual(const Potential& potential, double y, double sign) {
  return std::visit([=](const auto& chosen) { return chosen.from_dual(y, sign); }, potential);
}

/// φ''(w) of one weight, for code that is not hot.
inline double second_derivative(const Potential& potential, double w) {
  return std::visit([w](const auto& chosen) { return chosen.second_derivative(w); }, potential);
}

/// Whether φ'(0) = ±∞, as for negative entropy: weights at 0 are then left out of analyses.
inline bool zero_is_singular(const Potential& potential) { return std::isinf(to_dual(potential, 0.0)); }

/// Whether the domain is a part of the finite numbers: the potential then has a member `contains(w)`.
template <class Chosen>
inline constexpr bool has_bounded_domain = requires(const Chosen& chosen) {
  chosen.contains(0.0);
};

/// Whether w lies in the domain of the potential; for code that is not hot.
inline bool contains(const Potential& potential, double w) {
  return std::visit(
      [w](const auto& chosen) {
        if constexpr (has_bounded_domain<std::decay_t<decltype(chosen)>>) {
          return chosen.contains(w);
        } else {
          return std::isfinite(w);
        }
      },
      potential);
}

}  // namespace mirrortune
