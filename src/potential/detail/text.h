#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// Texts of the form `name` or `name(key=value,key=value)`; what stands in them is said by the registry in
/// potential.h.
namespace mirrortune::detail {

/// One parameter of a potential and what it may be: lowest ≤ x ≤ highest, or a finite x > 0.
template <class Chosen>
struct Parameter {
  std::string_view name;
  double Chosen::*member;
  double lowest, highest;
  bool above_zero;
};

template <class Chosen>
constexpr Parameter<Chosen> positive(std::string_view name, double Chosen::*member) {
  return {name, member, 0.0, std::numeric_limits<double>::max(), /*above_zero=*/true};
}
template <class Chosen>
constexpr Parameter<Chosen> between(double lowest, double highest, std::string_view name,
                                    double Chosen::*member) {
  return {name, member, lowest, highest, /*above_zero=*/false};
}

/// One line of the registry.
template <class Chosen, std::size_t kParameters>
struct RegistryLine {
  using Type = Chosen;
  std::string_view name;
  std::array<Parameter<Chosen>, kParameters> parameters;
};

template <class Chosen, class... Parameters>
constexpr RegistryLine<Chosen, sizeof...(Parameters)> form(std::string_view name, Parameters... parameters) {
  return {name, {parameters...}};
}

inline std::string shortest(double x) {
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr};
}

inline std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

/// `hypentropy(beta=0.01)`: a form with the values that `print` gives its parameters.
template <class RegistryLine, class Print>
std::string written(const RegistryLine& form, const Print& print) {
  std::string text(form.name);
  for (std::size_t i = 0; i < form.parameters.size(); ++i) {
    text += i == 0 ? '(' : ',';
    text.append(form.parameters[i].name).append("=").append(print(form.parameters[i]));
  }
  if (!form.parameters.empty()) text += ')';
  return text;
}

/// `hypentropy(beta=…)`.
template <class RegistryLine>
std::string pattern_of(const RegistryLine& form) {
  return written(form, [](const auto&) { return std::string("…"); });
}

inline std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// The number that is the whole of `text`; NaN if there is none.
inline double number_in(std::string_view text) {
  double x = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  const bool whole = error == std::errc() && stop == text.data() + text.size();
  return whole ? x : std::numeric_limits<double>::quiet_NaN();
}

/// The key and the value of each parameter of `a=1, b=2`.
struct Assignment {
  std::string_view key, value;
};

[[noreturn]] inline void throw_invalid(std::string_view potential, const std::string& problem) {
  throw std::invalid_argument("potential " + in_quotes(potential) + ": " + problem);
}

inline std::vector<Assignment> assignments_in(std::string_view list, std::string_view potential) {
  std::vector<Assignment> found;
  while (true) {
    const auto comma = list.find(',');
    const auto item = list.substr(0, comma);
    const auto equals = item.find('=');
    if (equals == item.npos) {
      throw_invalid(potential, "parameters are written name=value and separated by commas, and " +
                                   in_quotes(trimmed(item)) + " is none");
    }
    const Assignment next{trimmed(item.substr(0, equals)), trimmed(item.substr(equals + 1))};
    for (const auto& earlier : found) {
      if (earlier.key == next.key) throw_invalid(potential, std::string(next.key) + " is given twice");
    }
    found.push_back(next);
    if (comma == list.npos) return found;
    list.remove_prefix(comma + 1);
  }
}

template <class Chosen>
double checked(const Parameter<Chosen>& parameter, std::string_view value, std::string_view potential) {
  const double x = number_in(value);
  const bool is_number = !std::isnan(x) || value == "nan";
  const bool fits = x >= parameter.lowest && x <= parameter.highest && (x > 0 || !parameter.above_zero);
  if (is_number && fits) return x;
  const std::string range = parameter.above_zero ? "a finite number above 0"
                                                 : "a number from " + shortest(parameter.lowest) + " to " +
                                                       shortest(parameter.highest);
  throw_invalid(potential, std::string(parameter.name) + " must be " + range + " and is " +
                               (is_number ? shortest(x) : in_quotes(value) + ", which is no number"));
}

/// The potential whose parameters `list` gives, each once.
template <class RegistryLine>
auto filled(const RegistryLine& form, std::string_view list, std::string_view potential) {
  typename RegistryLine::Type chosen;
  const auto given = list.empty() ? std::vector<Assignment>() : assignments_in(list, potential);
  for (const auto& [key, value] : given) {
    const auto is_named = [key = key](const auto& parameter) { return parameter.name == key; };
    if (std::none_of(form.parameters.begin(), form.parameters.end(), is_named)) {
      throw_invalid(potential,
                    "there is no parameter " + in_quotes(key) + "; the form is " + pattern_of(form));
    }
  }
  for (const auto& parameter : form.parameters) {
    const auto is_it = [&](const Assignment& one) { return one.key == parameter.name; };
    const auto found = std::find_if(given.begin(), given.end(), is_it);
    if (found == given.end()) {
      throw_invalid(potential, std::string(parameter.name) + " is missing; the form is " + pattern_of(form));
    }
    chosen.*(parameter.member) = checked(parameter, found->value, potential);
  }
  return chosen;
}

/// The number of letters to change, add or leave out to make b of a.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace mirrortune::detail
