#include "geometry/detail/sessions.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

#include "geometry/detail/table_text.h"

namespace mirrortune::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_baseline(std::string_view label) {
  constexpr std::array<std::string_view, 3> kBaselines = {"pre", "before", "baseline"};
  const std::string name = lower_case(label);
  return std::any_of(kBaselines.begin(), kBaselines.end(),
                     [&](std::string_view start) { return name.starts_with(start); });
}

/// Takes the digits at the start of a text away, and returns them without leading zeros.
std::string_view take_digits(std::string_view& text) {
  const auto end =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

bool natural_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view number_a = take_digits(a), number_b = take_digits(b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

}  // namespace

bool is_earlier(std::string_view a, std::string_view b) {
  if (is_baseline(a) != is_baseline(b)) return is_baseline(a);
  return natural_less(a, b);
}

SessionPair first_and_last(const std::vector<std::string>& labels) {
  const bool numbers = std::all_of(labels.begin(), labels.end(),
                                   [](const std::string& label) { return parse_number(label).has_value(); });
  const auto less = [numbers](const std::string& a, const std::string& b) {
    return numbers ? *parse_number(a) < *parse_number(b) : is_earlier(a, b);
  };
  const auto [first, last] = std::minmax_element(labels.begin(), labels.end(), less);
  return {*first, *last};
}

bool is_alphabetical(const SessionPair& sessions) {
  const auto without_digits = [](std::string label) {
    std::erase_if(label, is_digit);
    return label;
  };
  const bool numbers = parse_number(sessions.before) && parse_number(sessions.after);
  return !numbers && !is_baseline(sessions.before) &&
         without_digits(sessions.before) != without_digits(sessions.after);
}

void check_sessions(const SessionPair& chosen, const std::vector<std::string>& labels) {
  if (chosen.before == chosen.after) {
    throw UsageError({.what = "cannot compare sessions",
                      .why = "session " + shown(chosen.before) + " cannot be compared with itself"});
  }
  for (const std::string& label : {chosen.before, chosen.after}) {
    if (std::find(labels.begin(), labels.end(), label) != labels.end()) continue;
    throw UsageError({.what = "cannot compare sessions",
                      .why = "the table has no session " + shown(label) + "; there are " + listed(labels)});
  }
}

}  // namespace mirrortune::detail
