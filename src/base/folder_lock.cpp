#include "base/folder_lock.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
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

}  // namespace

void lock_folder(const std::filesystem::path& folder, LockMode mode) {
  make_folder(folder);
  const auto path = folder / ".lock";
  // No O_CLOEXEC: the lock belongs to the open file description and must outlive exec of the training
  // program.
  const int descriptor = open_lock(path, /*flags=*/0);
  if (!lock(descriptor, mode == LockMode::alone ? LOCK_EX : LOCK_SH, path)) {
    std::array<char, 512> holder{};
    const ssize_t count = ::pread(descriptor, holder.data(), holder.size() - 1, 0);
    ::close(descriptor);
    const std::string text =
        count > 0 ? printable(trim(std::string_view(holder.data(), static_cast<std::size_t>(count))))
                  : "another process";
    throw BusyError({.what = "cannot use the run directory",
                     .where = folder.string(),
                     .why = text + " is writing to it",
                     .safe = "Nothing was changed",
                     .todo = "Wait for it to end, or choose another folder with --out"});
  }
  const std::string text = description() + "\n";
  // The text only helps people; a lock without it is still a lock.
  if (::ftruncate(descriptor, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), 0);
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
