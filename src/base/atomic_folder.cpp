#include "base/atomic_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace mirrortune {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCannotWrite = "cannot write the folder";
constexpr const char* kCannotWriteFile = "cannot write";

/// "a/b/" → "a/b", absolute, so that its parent is the folder it lies in.
fs::path without_slash(const fs::path& path) {
  const fs::path absolute = fs::absolute(path).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

}  // namespace

AtomicFolder::AtomicFolder(const fs::path& path) : path_(without_slash(path)) {
  if (fs::exists(fs::symlink_status(path_))) throw_write_error(kCannotWrite, path_.string(), EEXIST);
  make_folder(path_.parent_path());
  std::string name = (path_.parent_path() / ("." + path_.filename().string() + ".XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) throw_write_error(kCannotWrite, path_.string(), errno);
  temporary_ = name;
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() { commit_with(::syncfs); }

void AtomicFolder::commit_synced_files() { commit_with(::fsync); }

void AtomicFolder::commit_with(Sync sync) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const int descriptor = ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fchmod(descriptor, 0777 & ~mask) == 0 && sync(descriptor) == 0;
  const int sync_error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!synced) throw_write_error(kCannotWrite, path_.string(), sync_error);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw_write_error(kCannotWrite, path_.string(), errno == ENOTEMPTY ? EEXIST : errno);
  }
  temporary_.clear();
  sync_folder(path_.parent_path());
}

void write_unsynced(const fs::path& path, std::span<const unsigned char> bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) throw_write_error(kCannotWriteFile, path.string(), errno);
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    const int error = errno;
    if (written < 0 && error == EINTR) continue;
    if (written < 0) ::close(descriptor);
    if (written < 0) throw_write_error(kCannotWriteFile, path.string(), error);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (::close(descriptor) != 0) throw_write_error(kCannotWriteFile, path.string(), errno);
}

}  // namespace mirrortune
