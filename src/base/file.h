#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace mirrortune {

/// The whole of a regular file as text. Throws MissingError, PermissionError or DataError (also for a folder,
/// FIFO or device, which are never opened).
std::string read_text_file(const std::filesystem::path& path);

/// A file that appears whole or not at all: written beside its place under a temporary name, synced and
/// renamed by `commit`; without a commit the destructor removes it. Throws WriteError or PermissionError
/// naming the final path.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// fsync of the file, rename to the final name, fsync of the folder.
  void commit();

 private:
  [[noreturn]] void fail(int error_number);

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

/// AtomicFile in one call.
void write_file(const std::filesystem::path& path, std::string_view text);
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// Gives a complete file its final name in the same folder: fsync of the file, rename, fsync of the folder.
/// Throws WriteError or PermissionError naming `to`.
void move_into_place(const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes what was renamed or removed in a folder durable (fsync). Throws WriteError.
void sync_folder(const std::filesystem::path& folder);

/// Removes a file, or a folder with all that is in it, if it is there. Throws WriteError or PermissionError.
void remove_tree(const std::filesystem::path& path);

/// Removes what killed processes left of their AtomicFiles and AtomicFolders anywhere under `folder`. Nobody
/// else may be writing there.
void remove_unfinished_files(const std::filesystem::path& folder);

/// Creates a folder and its parents. Throws WriteError or PermissionError.
void make_folder(const std::filesystem::path& path);

/// A read-only random-access file by `pread`: a size that is fixed at opening, and reads that fail with a
/// sentence when the file got shorter. Only regular files are opened. Throws as read_text_file.
class RandomAccessFile {
 public:
  explicit RandomAccessFile(std::filesystem::path path);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }
  /// Fills `out` from `offset`. Throws DataError if fewer bytes are there.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace mirrortune
