#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mirrortune::detail {

/// What lies in one folder, hidden entries left out; names sorted bytewise.
struct FolderFiles {
  std::vector<std::string>
      files;  ///< regular files, and links that lead nowhere (reading those fails by name)
  std::vector<std::string> folders;  ///< also those behind links
};

/// Lists a folder. A FIFO, socket or device in it is a DataError that names it: nothing is ever opened to
/// find out. Throws MissingError, PermissionError, DataError.
FolderFiles list_folder(const std::filesystem::path& folder);

/// Regular files anywhere under `root`/`folder`, as paths relative to `root`, in order; linked folders below
/// `folder` are not entered. Throws as list_folder.
std::vector<std::string> list_tree(const std::filesystem::path& root, const std::string& folder);

/// Has the name an image's extension (.jpg, .jpeg, .png, .bmp, .webp in any case)?
bool has_image_extension(const std::string& name);

/// Removes the names without an image's extension and returns how many there were.
std::int64_t drop_other_files(std::vector<std::string>& names);

}  // namespace mirrortune::detail
