#include "report/detail/format.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

namespace mirrortune::report {

Spread spread(const std::vector<double>& values) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  Spread result{.count = 0, .mean = kNone, .sd = kNone};
  double sum = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++result.count;
  }
  if (result.count == 0) return result;
  result.mean = sum / result.count;
  if (result.count == 1) return result;
  double squares = 0;
  for (const double value : values) {
    if (std::isfinite(value)) squares += (value - result.mean) * (value - result.mean);
  }
  result.sd = std::sqrt(squares / (result.count - 1));
  return result;
}

std::string show(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : "–";
}

std::string show(const Spread& values) {
  if (values.count == 0) return "–";
  if (values.count == 1) return fmt::format("{:.3f}", values.mean);
  return fmt::format("{:.3f} ± {:.3f}", values.mean, values.sd);
}

std::string show_percent(double share) {
  if (!std::isfinite(share)) return "–";
  // Only a share that is 1 reads as 100 %.
  const double percent = share < 1 ? std::min(100 * share, 99.9) : 100 * share;
  return percent == std::round(percent) ? fmt::format("{:.0f} %", percent) : fmt::format("{:.1f} %", percent);
}

std::string show_count(double value) {
  if (!std::isfinite(value)) return "–";
  std::string digits = fmt::format("{:.0f}", std::abs(value));
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return value < 0 ? "−" + digits : digits;
}

std::string two_digits(double value) {
  if (!std::isfinite(value)) return "–";
  return fmt::format("{:.2f}", std::round(100 * value) / 100 + 0.0);  // not -0.00
}

double rounded(double value, int digits) {
  return std::isfinite(value) ? std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr) : value;
}

std::string list_in_words(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

std::string counted(std::size_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace mirrortune::report
