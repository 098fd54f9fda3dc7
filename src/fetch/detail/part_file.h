#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace mirrortune::detail {

/// What came so far of a file that is fetched: `<target>.part`, with `<target>.part.etag` beside it where the
/// server named the content. Locked: two processes that fetch one file would mix their bytes.
class PartFile {
 public:
  /// Opens or makes it, and the target's folder. Throws BusyError if another process has it, WriteError or
  /// PermissionError.
  explicit PartFile(std::filesystem::path target);
  /// Keeps what is there, but for an empty file.
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::uint64_t bytes() const { return bytes_; }
  /// The server's name (strong ETag, with its quotes) of the content that the bytes are of; "" if it gave
  /// none.
  const std::string& etag() const { return etag_; }

  /// Empties it: from now on it takes content that the server calls `etag`.
  void restart(const std::string& etag);
  /// Throws WriteError, keeping what was written before.
  void append(std::span<const std::byte> bytes);
  /// sha256 of all of it, 64 digits.
  std::string sha256() const;
  /// Gives it the target's name; the object is of no use afterwards.
  void move_into_place();
  void remove();

 private:
  void lock();

  std::filesystem::path target_;
  std::filesystem::path path_;
  std::filesystem::path etag_path_;
  std::string etag_;
  std::uint64_t bytes_ = 0;
  int descriptor_ = -1;
};

}  // namespace mirrortune::detail
