#include "dataset/detail/folder_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace fs = std::filesystem;
namespace {

const char* name_of(fs::file_type type) {
  switch (type) {
    case fs::file_type::fifo:
      return "a FIFO";
    case fs::file_type::socket:
      return "a socket";
    case fs::file_type::block:
    case fs::file_type::character:
      return "a device";
    default:
      return "neither a file nor a folder";
  }
}

void sort_entry(const fs::directory_entry& entry, const fs::path& folder, FolderFiles& found) {
  const std::string name = entry.path().filename().string();
  if (name.starts_with('.')) return;
  std::error_code error;
  const fs::file_type type = entry.status(error).type();
  if (type == fs::file_type::directory) {
    found.folders.push_back(name);
  } else if (type == fs::file_type::regular || type == fs::file_type::not_found) {
    found.files.push_back(name);
  } else if (type == fs::file_type::none) {
    throw_read_error("cannot read", printable(entry.path().string()), error.value());
  } else {
    throw DataError({.what = "cannot use the folder",
                     .where = printable(folder.string()),
                     .why = "'" + printable(name) + "' in it is " + name_of(type) + ", which is never opened",
                     .todo = "Remove it from the folder"});
  }
}

void append_tree(const fs::path& root, const std::string& folder, std::vector<std::string>& paths) {
  const FolderFiles here = list_folder(root / folder);
  for (const std::string& name : here.files) paths.push_back(folder + "/" + name);
  for (const std::string& name : here.folders) {
    const std::string below = folder + "/" + name;
    if (!fs::is_symlink(root / below)) append_tree(root, below, paths);
  }
}

}  // namespace

FolderFiles list_folder(const fs::path& folder) {
  FolderFiles found;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) throw_read_error("cannot read the folder", printable(folder.string()), error.value());
  while (entries != fs::directory_iterator()) {
    sort_entry(*entries, folder, found);
    entries.increment(error);
    if (error) throw_read_error("cannot read the folder", printable(folder.string()), error.value());
  }
  std::sort(found.files.begin(), found.files.end());
  std::sort(found.folders.begin(), found.folders.end());
  return found;
}

std::vector<std::string> list_tree(const fs::path& root, const std::string& folder) {
  std::vector<std::string> paths;
  append_tree(root, folder, paths);
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool has_image_extension(const std::string& name) {
  std::string extension = fs::path(name).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array kExtensions = {".jpg", ".jpeg", ".png", ".bmp", ".webp"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::int64_t drop_other_files(std::vector<std::string>& names) {
  return std::erase_if(names, [](const std::string& name) { return !has_image_extension(name); });
}

}  // namespace mirrortune::detail
