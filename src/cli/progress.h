#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/globals.h"

namespace mirrortune::cli {

/// A line of what is going on.
struct ProgressLine {
  std::optional<double> done = {};  ///< in [0, 1]: a bar on a terminal
  std::string text = {};
};

/// Progress on stderr: on a terminal a few lines that are drawn over, elsewhere the same every ten seconds;
/// nothing with --quiet or --no-progress. Lasting lines (results, notes) go through `line`, so that they do
/// not run into them.
class Progress {
 public:
  explicit Progress(const Globals& globals);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// What is going on now; `text` is only made when it is shown. `done` in [0, 1] draws a bar.
  void update(double done, const std::function<std::string()>& text);
  /// The same for several things at once. A terminal that is too low shows the first.
  void update(const std::function<std::vector<ProgressLine>()>& lines);
  /// A line that stays, unless --quiet.
  void line(const std::string& text);
  /// Wipes the drawn lines.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  /// What wipes the drawn lines.
  std::string wiped();

  bool quiet_;
  bool enabled_;
  bool terminal_;
  int drawn_lines_ = 0;
  Clock::time_point next_;
};

/// "3 min 20 s", "1 h 05 min", "12 s".
std::string duration_text(double seconds);

}  // namespace mirrortune::cli
