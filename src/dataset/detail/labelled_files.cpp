#include "dataset/detail/labelled_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "dataset/detail/folder_files.h"
#include "dataset/image_index.h"

namespace mirrortune::detail {
namespace fs = std::filesystem;
namespace {

constexpr const char* kImagesFolder = "images";

[[noreturn]] void refuse(const fs::path& root, const std::string& why, const std::string& todo = "") {
  throw DataError(
      {.what = "cannot use the images of", .where = printable(root.string()), .why = why, .todo = todo});
}

/// Files of the root and of its images/, as paths relative to the root.
std::vector<std::string> list_flat(const fs::path& root) {
  const FolderFiles here = list_folder(root);
  std::vector<std::string> paths = here.files;
  if (std::find(here.folders.begin(), here.folders.end(), kImagesFolder) != here.folders.end()) {
    for (const std::string& name : list_folder(root / kImagesFolder).files) {
      paths.push_back(std::string(kImagesFolder) + "/" + name);
    }
  }
  return paths;
}

/// Where the label file's `name` lies: in the root, else in images/; empty if in neither.
std::string locate(const fs::path& root, const std::string& name) {
  for (const std::string& path : {name, std::string(kImagesFolder) + "/" + name}) {
    std::error_code error;
    const fs::file_status status = fs::status(root / path, error);
    if (fs::is_regular_file(status)) return path;
    if (fs::exists(status)) refuse(root, "'" + printable(path) + "' has a label but is not a regular file");
  }
  return {};
}

void sort_and_check(const fs::path& root, std::vector<LabelledFile>& files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto twice = std::adjacent_find(files.begin(), files.end(),
                                        [](const auto& a, const auto& b) { return a.path == b.path; });
  if (twice != files.end())
    refuse(root, "'" + printable(twice->path) + "' has a label twice in the label file");
}

/// Pairs the ground truth's lines with the sorted images of the root, or of images/ if the root has none.
std::vector<LabelledFile> pair_with_images(const fs::path& root, const fs::path& label_file,
                                           const std::vector<std::string>& numbers) {
  std::vector<std::string> images = list_folder(root).files;
  drop_other_files(images);
  if (images.empty()) {
    images = list_flat(root);
    drop_other_files(images);
  }
  std::sort(images.begin(), images.end());
  if (images.size() != numbers.size()) {
    refuse(root, "the ground truth has " + std::to_string(numbers.size()) + " lines, but the folder has " +
                     std::to_string(images.size()) + " images");
  }
  const auto wnids = wnids_of_numbers(numbers, {label_file.parent_path(), root});
  std::vector<LabelledFile> files;
  for (std::size_t i = 0; i < images.size(); ++i) files.push_back({images[i], wnids[i]});
  return files;
}

LabelledFiles from_label_file(const fs::path& root, const fs::path& label_file) {
  LabelledFiles found{.layout = kLayoutLabelFile, .files = {}, .missing = {}, .ignored = 0};
  LabelFile labels = read_label_file(label_file);
  if (!labels.numbers.empty()) {
    found.files = pair_with_images(root, label_file, labels.numbers);
  }
  for (LabelledFile& file : labels.files) {
    std::string path = locate(root, file.path);
    if (path.empty()) {
      found.missing.push_back(std::move(file.path));
    } else {
      found.files.push_back({std::move(path), std::move(file.label)});
    }
  }
  sort_and_check(root, found.files);
  std::set<std::string> known;
  for (const LabelledFile& file : found.files) known.insert(file.path);
  for (const std::string& path : list_flat(root)) {
    std::error_code error;
    if (!known.contains(path) && !fs::equivalent(root / path, label_file, error)) ++found.ignored;
  }
  return found;
}

LabelledFiles from_class_folders(const fs::path& root, const FolderFiles& top) {
  LabelledFiles found{.layout = kLayoutImageFolder, .files = {}, .missing = {}, .ignored = 0};
  found.ignored = static_cast<std::int64_t>(top.files.size());
  for (const std::string& name : top.folders) {
    std::vector<std::string> images = list_tree(root, name);
    found.ignored += drop_other_files(images);
    if (images.empty()) {
      refuse(root,
             "the class folder '" + printable(name) + "' holds no image (.jpg, .jpeg, .png, .bmp, .webp)",
             "Remove the folder or put its images there");
    }
    for (std::string& path : images) found.files.push_back({std::move(path), name});
  }
  sort_and_check(root, found.files);
  return found;
}

}  // namespace

LabelledFiles find_labelled_files(const DataOptions& data) {
  const fs::path& root = data.root;
  const FolderFiles top = list_folder(root);
  if (data.labels != "auto") return from_label_file(root, data.labels);
  if (const auto label_file = find_label_file(root, top.files)) return from_label_file(root, *label_file);
  if (top.folders.empty()) {
    refuse(root, "it has no label file and no class folders",
           "Add val_annotations.txt or labels.csv, or sort the images into a folder for each class");
  }
  return from_class_folders(root, top);
}

}  // namespace mirrortune::detail
