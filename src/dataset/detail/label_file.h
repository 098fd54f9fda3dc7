#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mirrortune::detail {

/// A file and the text of its label: a class name, or a number.
struct LabelledFile {
  std::string path;
  std::string label;
};

/// The label file of a folder by its known names; nothing if there is none, DataError if there are two.
std::optional<std::filesystem::path> find_label_file(const std::filesystem::path& root,
                                                     const std::vector<std::string>& files);

/// What a label file says, in its order. Its form is told by its content: a CSV table with the header
/// `file,label`; lines `file<TAB>label…`; or ILSVRC2012's ground truth, a number per line.
struct LabelFile {
  std::vector<LabelledFile> files;   ///< of the first two forms
  std::vector<std::string> numbers;  ///< of the ground truth: for the images of the folder in their order
};

/// Throws DataError with the line that is wrong, MissingError.
LabelFile read_label_file(const std::filesystem::path& path);

/// Turns the ground truth's numbers into wnids by the CSV file with the header `id,wnid` in one of `folders`.
/// Throws MissingError if there is none, DataError if a number is not in it.
std::vector<std::string> wnids_of_numbers(const std::vector<std::string>& numbers,
                                          const std::vector<std::filesystem::path>& folders);

}  // namespace mirrortune::detail
