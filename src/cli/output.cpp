#include "cli/output.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace mirrortune::cli {
namespace {

/// Characters, not bytes, so that "φ" takes one column.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Line by line, so that a list of errors stays a list and nothing else can steer the terminal.
std::string printable_lines(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  for (auto& line : lines) line = printable(line);
  return join(lines, "\n");
}

}  // namespace

Json new_document(const Globals& globals) { return Json{{"schema", 1}, {"command", globals.command}}; }

void print_result(const Globals& globals, const Json& document, const std::string& text) {
  const std::string result = globals.json ? to_text(document) : text;
  const bool written = std::fwrite(result.data(), 1, result.size(), stdout) == result.size();
  if (!written || std::fflush(stdout) != 0) throw_write_error("cannot write", "standard output", errno);
}

void refuse_existing(const std::filesystem::path& output, bool force) {
  if (force || !std::filesystem::exists(std::filesystem::symlink_status(output))) return;
  throw ExistsError({.what = "cannot write",
                     .where = output.string(),
                     .why = "it is there already",
                     .safe = "It was left as it is",
                     .todo = "Choose another name, or add --force to replace it"});
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(printable(row[i])));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = printable(row[i]);
      line += cell + std::string(widths[i] - width(cell) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string notes_text(const std::vector<std::string>& notes) {
  std::string text;
  for (const auto& note : notes) text += "note: " + note + "\n";
  return text;
}

std::string short_number(double value) { return std::isfinite(value) ? fmt::format("{:.4g}", value) : "–"; }

std::string bytes_text(double bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, kUnits[unit]);
}

bool use_color(const Globals& globals) {
  if (globals.color != ColorMode::automatic) return globals.color == ColorMode::always;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool unwanted = (no_color && *no_color) || (term && std::string_view(term) == "dumb");
  return !unwanted && isatty(STDERR_FILENO) == 1;
}

void print_error(const Globals& globals, ExitCode code, const ErrorText& text, const std::string& sentence) {
  const bool color = use_color(globals);
  const std::string line = fmt::format("mirrortune: {}error:{} {}\n", color ? "\x1b[1;31m" : "",
                                       color ? "\x1b[0m" : "", printable_lines(sentence));
  std::fwrite(line.data(), 1, line.size(), stderr);
  if (!globals.json) return;
  Json document = new_document(globals);
  document["error"] = {{"code", static_cast<int>(code)},
                       {"what", text.what},
                       {"where", text.where},
                       {"why", text.why},
                       {"safe", text.safe},
                       {"todo", text.todo}};
  // A closed stdout must not turn the error into another one.
  const std::string json = to_text(document);
  std::fwrite(json.data(), 1, json.size(), stdout);
  std::fflush(stdout);
}

}  // namespace mirrortune::cli
