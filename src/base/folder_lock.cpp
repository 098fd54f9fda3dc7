#include "base/folder_lock.h"

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace mirrortune {

void lock_folder(const std::filesystem::path& folder) {
  make_folder(folder);
  const auto path = folder / ".lock";
  // No O_CLOEXEC: the lock belongs to the open file description and must outlive exec of the training
  // program.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT, 0666);
  if (descriptor < 0) throw_write_error("cannot lock the run directory", path.string(), errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 256> holder{};
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
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string text = "process " + std::to_string(::getpid()) + " on " + host.data() + "\n";
  // The text only helps people; a lock without it is still a lock.
  if (::ftruncate(descriptor, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), 0);
}

}  // namespace mirrortune
