#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataset/image_index.h"
#include "dataset/options.h"
#include "dataset/pixels.h"

namespace mirrortune {

/// What `data check` found.
struct DataReport {
  struct Finding {
    std::string path;  ///< relative to the root
    std::string why;
  };
  std::string layout;
  std::int64_t images = 0;          ///< labelled images, readable or not
  std::int64_t classes = 0;         ///< classes that have a label; of a cache: all that it lists
  std::int64_t ignored = 0;         ///< see ImageIndex::ignored
  std::vector<Finding> unreadable;  ///< missing, truncated, corrupt, no image
  std::vector<Finding>
      mislabelled;  ///< the file's name starts with another wnid, or its twin has another label

  bool ok() const { return unreadable.empty() && mislabelled.empty(); }
};

/// Reads and decodes every image of `data.root` and lists all that is wrong with it, instead of throwing at
/// the first. Throws as index_images where no layout fits, and StoppedError. `num_classes` as there.
DataReport check_data(const DataOptions& data, std::int64_t num_classes, const DecodeControl& control = {});

}  // namespace mirrortune
