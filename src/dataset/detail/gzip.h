#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace mirrortune::detail {

/// A regular file, read once from its start; what gzip made, known by its first two bytes, is unpacked on the
/// way, in constant memory. Throws as RandomAccessFile.
class UnpackedFile {
 public:
  explicit UnpackedFile(const std::filesystem::path& path);
  ~UnpackedFile();
  UnpackedFile(const UnpackedFile&) = delete;
  UnpackedFile& operator=(const UnpackedFile&) = delete;

  bool is_gzip() const;
  /// Fills `out` as far as there are bytes and returns how many came: fewer only at the end, and then the
  /// CRC and the length of each gzip member were right. Throws DataError if the gzip data is corrupt, ends
  /// too early or is followed by other bytes.
  std::size_t read(std::span<std::byte> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes a gzip file without name or time in it, so that the same bytes give the same file; not synced, for
/// the files of an AtomicFolder. Throws WriteError or PermissionError.
class GzipWriter {
 public:
  explicit GzipWriter(const std::filesystem::path& path);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  void write(std::span<const std::uint8_t> bytes);
  /// Ends the file; nothing may be written after.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mirrortune::detail
