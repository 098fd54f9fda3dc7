#include "cli/exec_program.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "base/error.h"
#include "base/stop.h"

namespace mirrortune::cli {
namespace {

/// Where the running program lies.
std::filesystem::path own_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

std::filesystem::path light_program() {
  const auto folder = own_folder().parent_path();  // of libexec/
  std::error_code ignored;
  const auto beside = folder / "mirrortune";
  return std::filesystem::is_regular_file(beside, ignored) ? beside : folder / "bin" / "mirrortune";
}

void exec_program(const std::string& name, char** argv) {
  hold_stop_signals();
  if (stop_requested()) {
    throw StoppedError(
        {.what = "stopped on request", .why = "before anything was done", .todo = "Repeat the same command"});
  }
  std::error_code ignored;
  const auto folder = own_folder();
  const auto place = std::filesystem::path("libexec") / ("mirrortune-" + name);
  const auto beside = folder / place;                   // in a build
  const auto installed = folder.parent_path() / place;  // bin/ and libexec/
  const auto program = std::filesystem::exists(beside, ignored) ? beside : installed;
  ::execv(program.c_str(), argv);
  const int error = errno;
  ErrorText text{.what = "cannot start a part of mirrortune",
                 .where = program.string(),
                 .why = std::strerror(error),
                 .todo = "Build the target mirrortune-" + name + ", or install mirrortune again"};
  if (error == EACCES || error == EPERM) throw PermissionError(std::move(text));
  throw MissingError(std::move(text));
}

}  // namespace mirrortune::cli
