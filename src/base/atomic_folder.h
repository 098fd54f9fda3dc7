#pragma once

#include <filesystem>
#include <span>

namespace mirrortune {

/// A folder that appears whole or not at all: filled under a temporary name beside its place, synced and
/// renamed by a commit; without one the destructor removes it.
class AtomicFolder {
 public:
  /// Throws ExistsError if `path` is there, WriteError, PermissionError.
  explicit AtomicFolder(const std::filesystem::path& path);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  /// Where to write until the commit.
  const std::filesystem::path& temporary() const { return temporary_; }
  /// Syncs whatever was written (`syncfs`: best for many files), renames, and syncs the parent.
  void commit();
  /// The same where each file is synced already, as AtomicFile does: only the folder itself is left to sync.
  void commit_synced_files();

 private:
  using Sync = int (*)(int descriptor);
  void commit_with(Sync sync);

  std::filesystem::path path_;
  std::filesystem::path temporary_;
};

/// Writes a file without syncing it: for the many small files of an AtomicFolder, which syncs them all at
/// once.
void write_unsynced(const std::filesystem::path& path, std::span<const unsigned char> bytes);

}  // namespace mirrortune
