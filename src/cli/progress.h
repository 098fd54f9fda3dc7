#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cli/globals.h"

namespace mirrortune::cli {

/// Progress on stderr: on a terminal one line that is drawn over, elsewhere a line every ten seconds; nothing
/// with
/// --quiet or --no-progress. Lasting lines (results, notes) go through `line`, so that they do not run into
/// it.
class Progress {
 public:
  explicit Progress(const Globals& globals);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// What is going on now; `text` is only made when it is shown. `done` in [0, 1] draws a bar.
  void update(double done, const std::function<std::string()>& text);
  /// A line that stays, unless --quiet.
  void line(const std::string& text);
  /// Wipes the drawn line.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool quiet_;
  bool enabled_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point next_;
};

/// "3 min 20 s", "1 h 05 min", "12 s".
std::string duration_text(double seconds);

}  // namespace mirrortune::cli
