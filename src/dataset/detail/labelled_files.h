#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataset/detail/label_file.h"
#include "dataset/options.h"

namespace mirrortune::detail {

/// The files of a folder of images with their label texts, before any class order.
struct LabelledFiles {
  std::string layout;                ///< kLayoutLabelFile or kLayoutImageFolder
  std::vector<LabelledFile> files;   ///< sorted by path; those of `missing` are not among them
  std::vector<std::string> missing;  ///< names in the label file that are not in the folder
  std::int64_t ignored = 0;          ///< see ImageIndex
};

/// Finds them as index_images says; a missing file is listed, everything else that is wrong throws.
LabelledFiles find_labelled_files(const DataOptions& data);

}  // namespace mirrortune::detail
