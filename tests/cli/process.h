#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace mirrortune::test {

/// How a process is started.
struct Start {
  std::vector<std::string> arguments;
  std::filesystem::path folder = {};                    ///< working directory; empty: ours
  std::map<std::string, std::string> environment = {};  ///< on top of ours
  std::optional<std::uint64_t> largest_file = {};       ///< RLIMIT_FSIZE in bytes: a full disk
  std::optional<std::uint64_t> memory = {};             ///< RLIMIT_AS in bytes
  bool unprivileged = false;                            ///< as nobody, where we are root
  bool terminal = false;                                ///< stderr is a terminal
  std::optional<std::string> typed = {};                ///< stdin is a terminal, and this is typed there
  int seconds = 120;                                    ///< killed after that
};

/// How it ended.
struct Ended {
  int code = -1;    ///< exit code, −1 after a signal
  int signal = 0;   ///< that ended it; SIGKILL after the time is up
  std::string out;  ///< all of stdout
  std::string err;
};

/// The mirrortune program of this build, running.
class Program {
 public:
  explicit Program(const Start& start);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Waits until `words` stand in its stderr, or it ends; true if they do.
  bool says(const std::string& words);
  void send(int signal);
  /// Waits for the end.
  Ended wait();

 private:
  /// Reads what is there; false once both streams are at their end or the time is up.
  bool read_some();

  pid_t child_ = -1;
  int out_ = -1;
  int err_ = -1;
  int keyboard_ = -1;
  double deadline_ = 0;
  Ended ended_;
};

/// Runs `mirrortune arguments…` to its end.
Ended run(const Start& start);
Ended run(std::vector<std::string> arguments);

/// Path of the program.
std::filesystem::path program();

}  // namespace mirrortune::test
