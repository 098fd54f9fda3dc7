#include "config/detail/slurm_text.h"

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>

#include "base/text.h"

namespace mirrortune::config {
namespace {

/// Options that would break what the scripts of a sweep rely on.
constexpr auto kTaken = std::to_array<std::string_view>({"--array",      "-a",
                                                         "--chdir",      "-D",
                                                         "--dependency", "-d",
                                                         "--job-name",   "-J",
                                                         "--open-mode",  "--output",
                                                         "-o",           "--error",
                                                         "-e",           "--requeue",
                                                         "--no-requeue", "--signal",
                                                         "--parsable",   "--wrap",
                                                         "--wait",       "-W",
                                                         "--hold",       "-H",
                                                         "--test-only",  "--ntasks",
                                                         "-n",           "--kill-on-invalid-dep"});

bool has_control_character(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::int64_t number(const std::ssub_match& digits) {
  return digits.matched ? parse_integer(digits.str()).value_or(0) : 0;
}

}  // namespace

std::optional<std::int64_t> slurm_seconds(const std::string& text) {
  static const std::regex kClock("(?:(\\d{1,6}):)?(\\d{1,6}):(\\d{1,2})");
  static const std::regex kMinutes("(\\d{1,8})");
  static const std::regex kDays("(\\d{1,5})-(\\d{1,3})(?::(\\d{1,2}))?(?::(\\d{1,2}))?");
  std::smatch found;
  std::int64_t seconds = 0;
  if (std::regex_match(text, found, kMinutes)) {
    seconds = number(found[1]) * 60;
  } else if (std::regex_match(text, found, kClock)) {
    seconds = (number(found[1]) * 60 + number(found[2])) * 60 + number(found[3]);
  } else if (std::regex_match(text, found, kDays)) {
    seconds = ((number(found[1]) * 24 + number(found[2])) * 60 + number(found[3])) * 60 + number(found[4]);
  }
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

std::optional<std::string> slurm_time_problem(const std::string& text) {
  if (slurm_seconds(text)) return {};
  return "is no time limit; write minutes, hours:minutes:seconds or days-hours, as in 90, 4:00:00 or 2-0";
}

std::optional<std::string> slurm_memory_problem(const std::string& text) {
  static const std::regex kMemory("[1-9]\\d{0,8}[KMGT]?");
  if (std::regex_match(text, kMemory)) return {};
  return "is no size; write it like 16G, with K, M, G or T (M without one)";
}

std::optional<std::string> slurm_word_problem(const std::string& text) {
  const bool fits = !has_control_character(text) && text.find_first_of(" \"'\\#") == std::string::npos;
  return fits ? std::nullopt
              : std::optional<std::string>("must be one word without quotes, backslashes and #");
}

std::optional<std::string> slurm_option_problem(const std::string& text) {
  if (has_control_character(text)) return "must be one line";
  static const std::regex kOption("(--[a-z][a-z-]*|-[A-Za-z]).*");
  std::smatch found;
  if (!std::regex_match(text, found, kOption)) return "is no option; write it like --mail-type=FAIL";
  if (std::ranges::find(kTaken, found[1].str()) == kTaken.end()) return {};
  return "cannot be chosen: sweep submit sets it";
}

std::optional<std::string> shell_line_problem(const std::string& text) {
  if (text.find('\0') == std::string::npos) return {};
  return "holds a zero byte";
}

}  // namespace mirrortune::config
