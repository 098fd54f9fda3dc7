#pragma once

#include <filesystem>
#include <optional>

namespace mirrortune {

/// Alone, or beside others who take it as shared.
enum class LockMode { alone, shared };

/// The right to write into a run directory: a flock of `<folder>/.lock`, held until the process ends and
/// inherited over exec; a dead process holds none. Creates the folder. Throws BusyError with the host, pid
/// and start of a holder, WriteError, PermissionError.
void lock_folder(const std::filesystem::path& folder, LockMode mode = LockMode::alone);

/// An exclusive flock of a file, for as long as it lives; not inherited over exec.
class FileLock {
 public:
  /// None if another holds it. Creates the file and its folders; they stay. Throws WriteError,
  /// PermissionError.
  static std::optional<FileLock> try_lock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace mirrortune
