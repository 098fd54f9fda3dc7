#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace mirrortune {

/// Alone, or beside others who take it as shared.
enum class LockMode { alone, shared };

/// The right to write into a run directory: a flock of `<folder>/.lock`, held until the process ends and
/// inherited over exec; a dead process holds none. Creates the folder. Throws BusyError with the host, pid
/// and start of a holder, WriteError, PermissionError.
void lock_folder(const std::filesystem::path& folder, LockMode mode = LockMode::alone);

/// Who has the folder locked now: "process 12 on host a since 2026-11-25 10:00:00 UTC"; none if nobody has.
/// Creates and writes nothing. Throws PermissionError, DataError or WriteError if the lock cannot be tried.
std::optional<std::string> folder_holder(const std::filesystem::path& folder);

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
