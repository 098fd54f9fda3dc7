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

int terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
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
  if (!enabled_ || Clock::now() < next_) return;
  next_ = Clock::now() + (terminal_ ? Clock::duration(100ms) : Clock::duration(10s));
  std::string shown = printable(text());
  if (!terminal_) return write_error(shown + "\n");
  // Cut to one line; all that is drawn here is ASCII but for names, where a cut character does no harm.
  shown = (bar(done) + shown).substr(0, static_cast<std::size_t>(terminal_width() - 1));
  write_error("\r\x1b[K" + shown);
  drawn_ = true;
}

void Progress::line(const std::string& text) {
  if (quiet_) return;
  clear();
  write_error(printable(text) + "\n");
}

void Progress::clear() {
  if (drawn_) write_error("\r\x1b[K");
  drawn_ = false;
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  const auto whole = static_cast<long long>(std::ceil(std::max(seconds, 0.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace mirrortune::cli
