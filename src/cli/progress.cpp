#include "cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace mirrortune::cli {
namespace {

using namespace std::chrono_literals;

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

TerminalSize terminal_size() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 && size.ws_row > 2;
  return known ? TerminalSize{size.ws_col, size.ws_row} : TerminalSize{};
}

void write_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string bar(double done) {
  constexpr int kCells = 20;
  const int full = static_cast<int>(std::clamp(done, 0.0, 1.0) * kCells);
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(kCells - full), '.') + "] ";
}

}  // namespace

Progress::Progress(const Globals& globals)
    : quiet_(globals.quiet),
      enabled_(globals.progress && !globals.quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_(Clock::now() + (terminal_ ? 0s : 10s)) {}

Progress::~Progress() { clear(); }

void Progress::update(double done, const std::function<std::string()>& text) {
  update([&] { return std::vector<ProgressLine>{{.done = done, .text = text()}}; });
}

void Progress::update(const std::function<std::vector<ProgressLine>()>& lines) {
  if (!enabled_ || Clock::now() < next_) return;
  next_ = Clock::now() + (terminal_ ? Clock::duration(100ms) : Clock::duration(10s));
  auto shown = lines();
  if (!terminal_) {
    for (const auto& line : shown) write_error(printable(line.text) + "\n");
    return;
  }
  const auto size = terminal_size();
  if (shown.size() >= size.rows) shown.resize(size.rows - 1);
  std::string drawn = wiped();
  for (const auto& line : shown) {
    // Cut to one line; all that is drawn here is ASCII but for names, where a cut character does no harm.
    const auto text = (line.done ? bar(*line.done) : "") + printable(line.text);
    drawn += (drawn_lines_++ == 0 ? "" : "\n") + text.substr(0, size.columns - 1);
  }
  write_error(drawn);
}

void Progress::line(const std::string& text) {
  if (quiet_) return;
  clear();
  write_error(printable(text) + "\n");
}

void Progress::clear() {
  if (drawn_lines_ > 0) write_error(wiped());
}

std::string Progress::wiped() {
  std::string text = "\r\x1b[K";
  for (int line = 1; line < drawn_lines_; ++line) text += "\x1b[A\x1b[K";
  drawn_lines_ = 0;
  return text;
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  const auto whole = static_cast<long long>(std::ceil(std::max(seconds, 0.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace mirrortune::cli
