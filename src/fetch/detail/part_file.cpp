#include "fetch/detail/part_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"

namespace mirrortune::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLongestEtag = 1024;

[[noreturn]] void throw_part_error(const fs::path& path, int error_number) {
  ErrorText text{.what = "cannot write", .where = path.string(), .why = std::strerror(error_number)};
  if (error_number == EACCES || error_number == EPERM) throw PermissionError(std::move(text));
  text.safe = "What came so far is kept";
  text.todo = "Make room, and run the same command to go on";
  throw WriteError(std::move(text));
}

std::string read_etag(const fs::path& path) {
  std::error_code absent;
  const std::uintmax_t bytes = fs::file_size(path, absent);
  return absent || bytes > kLongestEtag ? "" : read_text_file(path);
}

}  // namespace

PartFile::PartFile(fs::path target)
    : target_(std::move(target)), path_(target_.string() + ".part"), etag_path_(path_.string() + ".etag") {
  if (target_.has_parent_path()) make_folder(target_.parent_path());
  lock();
  etag_ = bytes_ == 0 ? "" : read_etag(etag_path_);
}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (bytes_ == 0) {
    remove();
  } else {
    ::close(descriptor_);
  }
}

void PartFile::lock() {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor_ < 0) throw_write_error("cannot write", path_.string(), errno);
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(std::exchange(descriptor_, -1));
      throw BusyError({.what = "cannot download",
                       .where = target_.string(),
                       .why = "another process is downloading it",
                       .todo = "Wait for it, or end it"});
    }
    // Who had the lock before may have given the file its final name meanwhile: then it is not ours to write.
    struct stat opened {};
    struct stat named {};
    const bool same = ::fstat(descriptor_, &opened) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
                      opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
    bytes_ = static_cast<std::uint64_t>(opened.st_size);
    if (same) return;
    ::close(std::exchange(descriptor_, -1));
  }
}

void PartFile::restart(const std::string& etag) {
  if (::ftruncate(descriptor_, 0) != 0) throw_part_error(path_, errno);
  bytes_ = 0;
  etag_ = etag.size() <= kLongestEtag ? etag : "";
  std::error_code ignored;
  fs::remove(etag_path_, ignored);
  if (!etag_.empty()) write_file(etag_path_, std::string_view(etag_));
}

void PartFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(bytes_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_part_error(path_, errno);
    bytes_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

std::string PartFile::sha256() const { return sha256_of_file(path_); }

void PartFile::move_into_place() {
  mirrortune::move_into_place(path_, target_);
  std::error_code ignored;
  fs::remove(etag_path_, ignored);
  ::close(std::exchange(descriptor_, -1));
}

void PartFile::remove() {
  std::error_code ignored;
  fs::remove(path_, ignored);
  fs::remove(etag_path_, ignored);
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace mirrortune::detail
