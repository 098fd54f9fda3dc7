#include "base/file.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace mirrortune {
namespace {

constexpr std::size_t kLargeBytes = 1 << 20;  ///< of one write, from which the disk is worth an early start

/// Opens a regular file for reading; a FIFO would block and a device never ends, so anything else is refused
/// first.
int open_regular(const std::filesystem::path& path, std::uint64_t& size) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw_read_error("cannot read", path.string(), errno);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    throw DataError({.what = "cannot read", .where = path.string(), .why = "it is not a regular file"});
  }
  size = static_cast<std::uint64_t>(status.st_size);
  return descriptor;
}

/// Is this a name that AtomicFile and AtomicFolder give: ".index.csv.a1B2c3"?
bool is_temporary(const std::string& name) {
  constexpr std::size_t kSuffix = 7;
  if (name.size() < kSuffix + 2 || name.front() != '.' || name[name.size() - kSuffix] != '.') return false;
  return std::all_of(name.end() - kSuffix + 1, name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0; });
}

}  // namespace

std::string read_text_file(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  std::string text(file.size(), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::string name = (path_.parent_path() / ("." + path_.filename().string() + ".XXXXXX")).string();
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail(errno);
  temporary_ = name;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor_, 0666 & ~mask);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  const bool large = bytes.size() >= kLargeBytes;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  // The disk begins now, so that fsync has less to wait for; whatever goes wrong, fsync tells.
  if (large) ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail(errno);
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0) fail(errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  temporary_.clear();
  sync_folder(path_.parent_path());
}

void AtomicFile::fail(int error_number) { throw_write_error("cannot write", path_.string(), error_number); }

void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void move_into_place(const std::filesystem::path& from, const std::filesystem::path& to) {
  const int descriptor = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw_write_error("cannot write", to.string(), errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0) throw_write_error("cannot write", to.string(), error);
  if (::rename(from.c_str(), to.c_str()) != 0) throw_write_error("cannot write", to.string(), errno);
  sync_folder(to.parent_path());
}

void sync_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder.empty() ? "." : folder;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0 && errno == EACCES) return;  // may be written to, but not read
  if (descriptor < 0) throw_write_error("cannot make changes durable in", path.string(), errno);
  // EINVAL: a file system that has nothing to sync in a folder.
  const int error = ::fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
  ::close(descriptor);
  if (error != 0) throw_write_error("cannot make changes durable in", path.string(), error);
}

void remove_tree(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) throw_write_error("cannot remove", path.string(), error.value());
}

void remove_unfinished_files(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (is_temporary(entry.path().filename().string())) found.push_back(entry.path());
  }
  for (const auto& path : found) std::filesystem::remove_all(path, ignored);
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw_write_error("cannot create the folder", path.string(), error.value());
}

RandomAccessFile::RandomAccessFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = open_regular(path_, size_);
}

RandomAccessFile::~RandomAccessFile() { ::close(descriptor_); }

void RandomAccessFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t count = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_read_error("cannot read", path_.string(), errno);
    if (count == 0) {
      throw DataError(
          {.what = "cannot read",
           .where = path_.string(),
           .why = "the file ends at byte " + std::to_string(offset) + ", before its expected end"});
    }
    out = out.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

}  // namespace mirrortune
