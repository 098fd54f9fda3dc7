#include "process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/paths.h"

namespace mirrortune::test {
namespace {

constexpr int kNobody = 65534;
constexpr int kCannotStart = 255;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void limit(int resource, std::uint64_t bytes) {
  const rlimit both{bytes, bytes};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) _exit(kCannotStart);
}

/// The program's standard streams; `in` is none where nothing is read.
struct Streams {
  int in = -1;
  int out;
  int err;
};

/// In the child: becomes the program, or ends with kCannotStart.
[[noreturn]] void become(const Start& start, const Streams& streams) {
  ::dup2(streams.out, STDOUT_FILENO);
  ::dup2(streams.err, STDERR_FILENO);
  ::dup2(streams.in >= 0 ? streams.in : ::open("/dev/null", O_RDONLY), STDIN_FILENO);
  if (!start.folder.empty() && ::chdir(start.folder.c_str()) != 0) _exit(kCannotStart);
  for (const auto& [name, value] : start.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (start.largest_file) limit(RLIMIT_FSIZE, *start.largest_file);
  if (start.memory) limit(RLIMIT_AS, *start.memory);
  if (start.unprivileged && ::getuid() == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) _exit(kCannotStart);
  }
  const std::string path = program().string();
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const auto& argument : start.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(path.c_str(), argv.data());
  _exit(kCannotStart);
}

/// Both ends of a terminal in place of a pipe's.
void open_terminal(std::array<int, 2>& ends) {
  for (const int end : ends) {
    if (end >= 0) ::close(end);
  }
  ends[0] = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ends[0] < 0 || ::grantpt(ends[0]) != 0 || ::unlockpt(ends[0]) != 0) std::abort();
  ends[1] = ::open(::ptsname(ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

}  // namespace

std::filesystem::path program() { return std::filesystem::path(kBinaryDir) / "mirrortune"; }

Program::Program(const Start& start) : deadline_(now() + start.seconds) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) std::abort();
  if (start.terminal) open_terminal(err);
  std::array<int, 2> in = {-1, -1};
  if (start.typed) {
    open_terminal(in);
    if (::write(in[0], start.typed->data(), start.typed->size()) < 0) std::abort();
  }
  child_ = ::fork();
  if (child_ == 0) become(start, {.in = in[1], .out = out[1], .err = err[1]});
  if (in[1] >= 0) ::close(in[1]);
  keyboard_ = in[0];
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

Program::~Program() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  for (const int stream : {out_, err_, keyboard_}) {
    if (stream >= 0) ::close(stream);
  }
}

bool Program::read_some() {
  if (out_ < 0 && err_ < 0) return false;
  std::array<pollfd, 2> streams = {pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
  const double left = deadline_ - now();
  if (left <= 0) {
    send(SIGKILL);
    return false;
  }
  ::poll(streams.data(), streams.size(), static_cast<int>(left * 1000) + 1);
  bool open = false;
  for (std::size_t i = 0; i < 2; ++i) {
    if (streams[i].fd < 0) continue;
    if (streams[i].revents == 0) {
      open = true;
      continue;
    }
    std::array<char, 65536> buffer{};
    const ssize_t count = ::read(streams[i].fd, buffer.data(), buffer.size());
    if (count > 0) {
      (i == 0 ? ended_.out : ended_.err).append(buffer.data(), static_cast<std::size_t>(count));
      open = true;
    } else {
      ::close(streams[i].fd);
      (i == 0 ? out_ : err_) = -1;
    }
  }
  return open || out_ >= 0 || err_ >= 0;
}

bool Program::says(const std::string& words) {
  while (ended_.err.find(words) == std::string::npos) {
    if (!read_some()) return false;
  }
  return true;
}

void Program::send(int signal) {
  if (child_ > 0) ::kill(child_, signal);
}

Ended Program::wait() {
  while (read_some()) {
  }
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
  ended_.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ended_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return ended_;
}

Ended run(const Start& start) { return Program(start).wait(); }
Ended run(std::vector<std::string> arguments) { return run(Start{.arguments = std::move(arguments)}); }

}  // namespace mirrortune::test
