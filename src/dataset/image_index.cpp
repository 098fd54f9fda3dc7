#include "dataset/image_index.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "dataset/cache.h"
#include "dataset/class_order.h"
#include "dataset/detail/cache_files.h"
#include "dataset/detail/idx_images.h"
#include "dataset/detail/labelled_files.h"

namespace mirrortune {
namespace {

std::vector<std::string> label_texts(const std::vector<detail::LabelledFile>& files) {
  std::vector<std::string> texts;
  for (const detail::LabelledFile& file : files) texts.push_back(file.label);
  return texts;
}

[[noreturn]] void refuse_missing(const DataOptions& data, const std::vector<std::string>& missing) {
  throw DataError({.what = "cannot use the images of",
                   .where = printable(data.root.string()),
                   .why = "'" + printable(missing.front()) +
                          "' has a label but is not there, nor in images/ (1 of " +
                          std::to_string(missing.size()) + " such)"});
}

/// A cache as it was packed, or its class names looked up in the class order of this network.
ImageIndex index_cache(const DataOptions& data, std::int64_t num_classes) {
  if (data.labels != "auto") {
    throw DataError({.what = "cannot use data.labels with the image cache",
                     .where = printable(data.root.string()),
                     .why = "the cache holds its labels",
                     .todo = "Remove data.labels, or pack the images again with these labels"});
  }
  ImageIndex index = detail::read_cache_index(data.root);
  const bool as_packed = num_classes == 0 || index.classes.size() == static_cast<std::size_t>(num_classes);
  if (as_packed && data.class_order.empty()) return index;
  std::vector<std::string> texts;
  for (const ImageEntry& image : index.images) {
    texts.push_back(index.classes[static_cast<std::size_t>(image.label)]);
  }
  LabelledClasses labelled = order_classes(texts, data, num_classes);
  index.classes = std::move(labelled.classes);
  for (std::size_t i = 0; i < index.images.size(); ++i) index.images[i].label = labelled.labels[i];
  return index;
}

}  // namespace

ImageIndex index_images(const DataOptions& data, std::int64_t num_classes) {
  if (detail::is_idx_root(data.root)) return detail::index_idx_images(data, num_classes);
  detail::require_no_md5(data);
  if (is_cache(data.root)) return index_cache(data, num_classes);
  detail::LabelledFiles found = detail::find_labelled_files(data);
  if (!found.missing.empty()) refuse_missing(data, found.missing);
  LabelledClasses labelled = order_classes(label_texts(found.files), data, num_classes);
  ImageIndex index{.root = data.root,
                   .layout = std::move(found.layout),
                   .classes = std::move(labelled.classes),
                   .images = {},
                   .ignored = found.ignored};
  for (std::size_t i = 0; i < found.files.size(); ++i) {
    index.images.push_back(
        {.path = std::move(found.files[i].path), .label = labelled.labels[i], .sha256 = {}});
  }
  return index;
}

}  // namespace mirrortune
