#pragma once

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "weights/weights_file.h"

namespace mirrortune::test {

/// A file in memory, which costs microseconds where one on disk costs milliseconds. It is removed with the
/// object.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("mirrortune_test", MFD_CLOEXEC)) { check(descriptor_ >= 0); }
  explicit MemoryFile(std::string_view content) : MemoryFile() { set(content); }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  /// Replaces the content.
  void set(std::string_view content) {
    resize(content.size());
    check(::pwrite(descriptor_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()));
  }
  /// Cuts the end off, or appends zeros that take no memory.
  void resize(std::uint64_t size) { check(::ftruncate(descriptor_, static_cast<off_t>(size)) == 0); }
  /// Opens like any file, in this process only.
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  static void check(bool done) {
    if (!done) throw std::system_error(errno, std::generic_category(), "a file in memory");
  }

  int descriptor_;
};

/// Opens the file and reads every tensor of at most `max_bytes` in both ways.
inline void read_everything(const std::filesystem::path& path,
                            std::int64_t max_bytes = std::numeric_limits<std::int64_t>::max()) {
  const auto file = WeightsFile::open(path);
  for (const auto& tensor : file->tensors()) {
    if (tensor.bytes() > max_bytes) continue;
    const auto array = file->read(tensor);
    std::vector<double> values(static_cast<std::size_t>(tensor.elements()));
    file->read_values(tensor, 0, std::span<double>(values));
  }
}

}  // namespace mirrortune::test
