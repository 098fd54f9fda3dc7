#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "potential/negative_entropy.h"
#include "potential/p_norm.h"

namespace mirrortune {

/// A potential chosen at run time. Hot loops visit it (or `visit_step`) once, outside the loop.
using Potential = std::variant<NegativeEntropy, PNorm>;

/// The potential that a text of a configuration names: `negative_entropy`, or `<p>-norm` with p > 1
/// (`2-norm`, `1.5-norm`, `2.0-norm`). Throws std::invalid_argument with a sentence that names the allowed
/// forms.
inline Potential parse_potential(std::string_view text) {
  constexpr std::string_view kSuffix = "-norm";
  std::string quoted(1, '\'');
  quoted.append(text).push_back('\'');
  if (text == "negative_entropy") return NegativeEntropy{};
  if (!text.ends_with(kSuffix)) {
    throw std::invalid_argument("unknown potential " + quoted +
                                ": must be negative_entropy, or a p-norm such as 2-norm or 1.5-norm");
  }
  double p = 0.0;
  const char* end = text.data() + text.size() - kSuffix.size();
  const auto [stop, error] = std::from_chars(text.data(), end, p);
  if (error != std::errc() || stop != end) {
    throw std::invalid_argument("unknown potential " + quoted +
                                ": the part before -norm must be a number above 1, as in 2-norm or 1.5-norm");
  }
  if (!std::isfinite(p) || p <= 1.0) {
    throw std::invalid_argument("potential " + quoted + " does not exist: p must be a finite number above 1");
  }
  return PNorm{p};
}

/// The canonical text, used in keys, folders and hashes: `2.0-norm` prints `2-norm`; p in its shortest form
/// that reads back as the same number.
inline std::string to_text(const Potential& potential) {
  if (std::holds_alternative<NegativeEntropy>(potential)) return "negative_entropy";
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::get<PNorm>(potential).p).ptr;
  return std::string(buffer.data(), end) + "-norm";
}

/// Whether φ'(0) = ±∞, as for negative entropy: weights at 0 are then left out of analyses.
inline bool zero_is_singular(const Potential& potential) {
  return std::holds_alternative<NegativeEntropy>(potential);
}

/// φ'(w) of one weight, for code that is not hot.
inline double to_dual(const Potential& potential, double w) {
  return std::visit([w](const auto& chosen) { return chosen.to_dual(w); }, potential);
}

/// φ''(w) of one weight, for code that is not hot.
inline double second_derivative(const Potential& potential, double w) {
  return std::visit([w](const auto& chosen) { return chosen.second_derivative(w); }, potential);
}

}  // namespace mirrortune
