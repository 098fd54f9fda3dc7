#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataset/options.h"

namespace mirrortune {

/// The 1000 wnids of ImageNet-1k in the order of the published networks' outputs (data/imagenet_wnids.txt).
const std::vector<std::string>& imagenet_wnids();

/// Is this a wnid: 'n' and eight digits?
bool is_wnid(const std::string& label);

/// Class names and the class index of each image.
struct LabelledClasses {
  std::vector<std::string> classes;  ///< names in the order of the network's outputs
  std::vector<std::int64_t> labels;  ///< one per text given
};

/// Turns label texts into indices of classes.
///
/// Texts that are all whole numbers are indices from 0. Names are looked up in the class order: the file
/// `data.class_order` (one class per line); else, for 1000 classes and wnids, ImageNet's list, so that a
/// folder may hold a part of the classes; else the sorted names themselves. With `num_classes` 0 there is no
/// network to match. Throws DataError naming both numbers where the order and the network differ, or the
/// label that has no class.
LabelledClasses order_classes(const std::vector<std::string>& texts, const DataOptions& data,
                              std::int64_t num_classes);

}  // namespace mirrortune
