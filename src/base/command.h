#pragma once

#include <string>
#include <vector>

namespace mirrortune {

/// How a command ended, and what it wrote.
struct CommandResult {
  int code = 0;  ///< its exit code, or 128 + the signal that ended it
  std::string out = {};
  std::string err = {};
};

/// Runs a program that is looked for in PATH, without a shell, to its end. Throws DeviceError (69) if there
/// is no such program, PermissionError if it may not be started, WriteError where its output has no place.
CommandResult run_command(const std::vector<std::string>& words);

}  // namespace mirrortune
