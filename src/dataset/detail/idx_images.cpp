#include "dataset/detail/idx_images.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/md5.h"
#include "base/sha256.h"
#include "base/text.h"
#include "dataset/class_order.h"
#include "dataset/decode.h"
#include "dataset/detail/idx_file.h"

namespace mirrortune::detail {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path& file, const std::string& why, const std::string& todo = "") {
  throw DataError(
      {.what = "cannot use the images of", .where = printable(file.string()), .why = why, .todo = todo});
}

/// Puts `to` in the place of the last `from`; false if there is none.
bool replace_last(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.rfind(from);
  if (at == std::string::npos) return false;
  text.replace(at, from.size(), to);
  return true;
}

/// The file of labels beside the images, the one with the same compression first.
fs::path find_labels(const fs::path& images) {
  constexpr std::string_view kPacked = ".gz";
  constexpr const char* kTodo = "Give the file of the labels with data.labels";
  std::string name = images.filename().string();
  if (!replace_last(name, "images", "labels")) {
    refuse(images, "its labels cannot be found by its name, which has no 'images' in it", kTodo);
  }
  replace_last(name, "idx3", "idx1");
  const bool packed = name.ends_with(kPacked);
  const std::string other =
      packed ? name.substr(0, name.size() - kPacked.size()) : name + std::string(kPacked);
  for (const std::string& candidate : {name, other}) {
    std::error_code error;
    const fs::path labels = images.parent_path() / candidate;
    if (fs::exists(labels, error)) return labels;
  }
  throw MissingError({.what = "cannot find the labels of the images",
                      .where = printable(images.string()),
                      .why = "neither " + printable(name) + " nor " + printable(other) + " is beside them",
                      .todo = kTodo});
}

void require_md5(const std::array<fs::path, 2>& files, const DataOptions& data) {
  if (data.md5.empty()) return;
  if (data.md5.size() != files.size()) {
    refuse(data.root,
           "data.md5 has " + std::to_string(data.md5.size()) +
               " values, but there are two files: the images and their labels",
           "Give two, or none");
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string found = md5_of_file(files[i]);
    if (found == data.md5[i]) continue;
    refuse(files[i], "its MD5 is " + found + ", but data.md5 wants " + data.md5[i],
           "Get the file again, or correct data.md5");
  }
}

std::shared_ptr<const GreyImages> read_images(const fs::path& path) {
  IdxArray array = read_idx_file(path, 3);
  const std::int64_t count = array.shape[0];
  const std::int64_t height = array.shape[1];
  const std::int64_t width = array.shape[2];
  if (count > kMaxIdxImages) {
    refuse(path, "it has " + std::to_string(count) + " images, more than the limit of " +
                     std::to_string(kMaxIdxImages / 1'000'000) + " million");
  }
  if (std::max(height, width) > kMaxIdxSide || height * width > kMaxImagePixels) {
    refuse(path, "its images are " + std::to_string(width) + "×" + std::to_string(height) +
                     " pixels, more than the limit of " + std::to_string(kMaxIdxSide) + " a side and " +
                     std::to_string(kMaxImagePixels / 1'000'000) + " million in all");
  }
  return std::make_shared<const GreyImages>(GreyImages{.height = static_cast<int>(height),
                                                       .width = static_cast<int>(width),
                                                       .values = std::move(array.values)});
}

std::vector<std::string> read_labels(const fs::path& path) {
  std::vector<std::string> labels;
  for (const std::uint8_t label : read_idx_file(path, 1).values) labels.push_back(std::to_string(label));
  return labels;
}

/// "00017": as many digits as the last of `count` rows has, so that they sort.
std::string name_of_row(std::size_t row, std::size_t count) {
  const std::string digits = std::to_string(row);
  return std::string(std::to_string(count - 1).size() - digits.size(), '0') + digits;
}

}  // namespace

bool is_idx_root(const fs::path& root) {
  std::error_code error;
  return fs::is_regular_file(root, error);
}

ImageIndex index_idx_images(const DataOptions& data, std::int64_t num_classes) {
  ImageIndex index{.root = data.root, .layout = kLayoutIdx, .classes = {}, .images = {}, .ignored = 0};
  index.grey = read_images(data.root);
  const fs::path labels_path = data.labels == "auto" ? find_labels(data.root) : fs::path(data.labels);
  require_md5({data.root, labels_path}, data);
  const std::vector<std::string> labels = read_labels(labels_path);
  const std::size_t bytes =
      static_cast<std::size_t>(index.grey->height) * static_cast<std::size_t>(index.grey->width);
  const std::size_t count = index.grey->values.size() / bytes;
  if (count != labels.size()) {
    refuse(data.root, "it has " + std::to_string(count) + " images, but " + printable(labels_path.string()) +
                          " has " + std::to_string(labels.size()) + " labels");
  }
  LabelledClasses labelled = order_classes(labels, data, num_classes);
  index.classes = std::move(labelled.classes);
  for (std::size_t i = 0; i < count; ++i) {
    const auto image = std::span(index.grey->values).subspan(i * bytes, bytes);
    index.images.push_back({.path = name_of_row(i, count),
                            .label = labelled.labels[i],
                            .sha256 = sha256_hex(std::as_bytes(image))});
  }
  return index;
}

void require_no_md5(const DataOptions& data) {
  std::error_code error;
  if (data.md5.empty() || !fs::exists(data.root, error)) return;
  refuse(data.root, "data.md5 is for the files of IDX images, and this is none", "Remove data.md5");
}

}  // namespace mirrortune::detail
