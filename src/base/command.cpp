#include "base/command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace mirrortune {
namespace {

/// A file without a name, which takes what a command writes: unlike a pipe it is never full.
class Output {
 public:
  Output() : file_(std::tmpfile(), &std::fclose) {
    if (!file_) throw_write_error("cannot keep the output of a command in", "a temporary file", errno);
  }
  int descriptor() const { return ::fileno(file_.get()); }
  std::string text() const {
    std::string all;
    char buffer[4096];
    std::rewind(file_.get());
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file_.get())) {
      all.append(buffer, count);
    }
    return all;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

[[noreturn]] void throw_not_started(const std::string& program, int error) {
  ErrorText text{.what = "cannot start", .where = program, .why = std::strerror(error)};
  if (error == EACCES || error == EPERM) throw PermissionError(std::move(text));
  if (error == ENOENT) text.why = "there is no such program in PATH";
  throw DeviceError(std::move(text));
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& words) {
  const Output out, err;
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", /*O_RDONLY*/ 0, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw_not_started(words.front(), error);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = out.text(),
          .err = err.text()};
}

}  // namespace mirrortune
