#include "base/folder_lock.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace mirrortune {
namespace {

constexpr const char* kCannotLock = "cannot lock";

int open_lock(const std::filesystem::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | flags, 0666);
  if (descriptor < 0) throw_write_error(kCannotLock, path.string(), errno);
  return descriptor;
}

/// False if another holds it. Closes the descriptor where it is not locked.
bool lock(int descriptor, int operation, const std::filesystem::path& path) {
  int result = 0;
  do {
    result = ::flock(descriptor, operation | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  const int error = errno;
  if (result == 0) return true;
  if (error == EWOULDBLOCK) return false;
  ::close(descriptor);
  throw_write_error(kCannotLock, path.string(), error);
}

/// "process 12 on host a since 2026-11-25 10:00:00 UTC".
std::string description() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> since{};
  std::strftime(since.data(), since.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
  return "process " + std::to_string(::getpid()) + " on " + host.data() + " since " + since.data();
}

/// What stands in a lock that another process holds.
std::string holder_text(int descriptor) {
  std::array<char, 512> holder{};
  const ssize_t count = ::pread(descriptor, holder.data(), holder.size() - 1, 0);
  return count > 0 ? printable(trim(std::string_view(holder.data(), static_cast<std::size_t>(count))))
                   : "another process";
}

/// Is the open file still the one at `path`? Who removes a run directory moves its lock away while holding
/// it.
bool is_still_at(const std::filesystem::path& path, int descriptor) {
  struct stat there {};
  struct stat here {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(descriptor, &here) == 0 &&
         there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

/// An open and locked descriptor. Throws BusyError after several tries: folder_holder has the lock for an
/// instant.
int open_and_lock(const std::filesystem::path& folder, LockMode mode) {
  using namespace std::chrono_literals;
  constexpr int kTries = 4;
  const auto path = folder / ".lock";
  for (int attempt = 1;; ++attempt) {
    make_folder(folder);
    // No O_CLOEXEC: the lock belongs to the open file description and must outlive exec of the training
    // program.
    const int descriptor = open_lock(path, /*flags=*/0);
    const bool locked = lock(descriptor, mode == LockMode::alone ? LOCK_EX : LOCK_SH, path);
    if (locked && is_still_at(path, descriptor)) return descriptor;
    const std::string holder = holder_text(descriptor);
    ::close(descriptor);
    if (attempt == kTries) {
      throw BusyError({.what = "cannot use the run directory",
                       .where = folder.string(),
                       .why = holder + " is writing to it",
                       .safe = "Nothing was changed",
                       .todo = "Wait for it to end, or use another folder"});
    }
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace

void lock_folder(const std::filesystem::path& folder, LockMode mode) {
  const int descriptor = open_and_lock(folder, mode);
  const std::string text = description() + "\n";
  // The text only helps people; a lock without it is still a lock.
  if (::ftruncate(descriptor, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), 0);
}

std::optional<std::string> folder_holder(const std::filesystem::path& folder) {
  const auto path = folder / ".lock";
  // Some network file systems lock only what may be written to.
  int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && errno == ENOENT) return std::nullopt;
  if (descriptor < 0) throw_read_error("cannot tell who uses", folder.string(), errno);
  // Alone, so that sharers are noticed too.
  const bool is_free = lock(descriptor, LOCK_EX, path);
  const auto holder = is_free ? std::nullopt : std::optional(holder_text(descriptor));
  ::close(descriptor);
  return holder;
}

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& path) {
  make_folder(path.parent_path());
  const int descriptor = open_lock(path, O_CLOEXEC);
  if (lock(descriptor, LOCK_EX, path)) return FileLock(descriptor);
  ::close(descriptor);
  return std::nullopt;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

}  // namespace mirrortune
