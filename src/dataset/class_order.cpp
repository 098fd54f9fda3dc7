#include "dataset/class_order.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dataset/detail/imagenet_text.h"

namespace mirrortune {
namespace {

constexpr std::int64_t kImagenetClasses = 1000;

[[noreturn]] void refuse(const DataOptions& data, const std::string& why, const std::string& todo = "") {
  throw DataError({.what = "cannot label the images of",
                   .where = printable(data.root.string()),
                   .why = why,
                   .todo = todo});
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string& line : split(text, '\n')) {
    if (!trim(line).empty()) lines.emplace_back(trim(line));
  }
  return lines;
}

std::vector<std::string> read_class_order(const std::filesystem::path& path) {
  std::vector<std::string> classes = lines_of(read_text_file(path));
  std::set<std::string> seen;
  for (const std::string& name : classes) {
    if (!seen.insert(name).second) {
      throw DataError({.what = "cannot read the class order",
                       .where = printable(path.string()),
                       .why = "the class '" + printable(name) + "' stands there twice"});
    }
  }
  return classes;
}

void require_match(const DataOptions& data, std::size_t classes, std::int64_t num_classes) {
  if (num_classes == 0 || classes == static_cast<std::size_t>(num_classes)) return;
  const std::string place = data.class_order.empty() ? "the folder" : printable(data.class_order.string());
  refuse(data,
         place + " has " + std::to_string(classes) + " classes, but the network has " +
             std::to_string(num_classes),
         "Set model.classes, or give the network's class order with data.class_order");
}

/// Class names where the labels are indices: the class order's, else the numbers themselves.
std::vector<std::string> names_of_indices(const DataOptions& data, std::int64_t count) {
  if (!data.class_order.empty()) return read_class_order(data.class_order);
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

LabelledClasses use_indices(const std::vector<std::string>& texts, const DataOptions& data,
                            std::int64_t num_classes) {
  LabelledClasses result;
  std::int64_t largest = -1;
  for (const std::string& text : texts) {
    const std::int64_t label = *parse_integer(text);
    if (label < 0) refuse(data, "the label " + printable(text) + " is negative");
    if (num_classes > 0 && label >= num_classes) {
      refuse(data, "the label " + printable(text) + " is outside the network's classes 0 … " +
                       std::to_string(num_classes - 1));
    }
    largest = std::max(largest, label);
    result.labels.push_back(label);
  }
  constexpr std::int64_t kMostIndices = 1'000'000;
  if (largest >= kMostIndices) refuse(data, "the label " + std::to_string(largest) + " is not a class index");
  result.classes = names_of_indices(data, num_classes > 0 ? num_classes : largest + 1);
  require_match(data, result.classes.size(), num_classes);
  if (largest >= static_cast<std::int64_t>(result.classes.size())) {
    refuse(data, "the label " + std::to_string(largest) + " is outside the " +
                     std::to_string(result.classes.size()) + " classes of " +
                     printable(data.class_order.string()));
  }
  return result;
}

/// The class order of names: the file, ImageNet's list, or the sorted names.
std::vector<std::string> order_of_names(const std::vector<std::string>& texts, const DataOptions& data,
                                        std::int64_t num_classes) {
  if (!data.class_order.empty()) return read_class_order(data.class_order);
  const bool wnids = std::all_of(texts.begin(), texts.end(), is_wnid);
  if (num_classes == kImagenetClasses && wnids) return imagenet_wnids();
  const std::set<std::string> sorted(texts.begin(), texts.end());
  return {sorted.begin(), sorted.end()};
}

}  // namespace

const std::vector<std::string>& imagenet_wnids() {
  static const std::vector<std::string> wnids = lines_of(detail::kImagenetWnidsText);
  return wnids;
}

bool is_wnid(const std::string& label) {
  return label.size() == 9 && label.front() == 'n' &&
         std::all_of(label.begin() + 1, label.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

LabelledClasses order_classes(const std::vector<std::string>& texts, const DataOptions& data,
                              std::int64_t num_classes) {
  if (texts.empty()) refuse(data, "it holds no labelled image");
  const bool indices = std::all_of(texts.begin(), texts.end(),
                                   [](const auto& text) { return parse_integer(text).has_value(); });
  if (indices) return use_indices(texts, data, num_classes);
  LabelledClasses result{.classes = order_of_names(texts, data, num_classes), .labels = {}};
  require_match(data, result.classes.size(), num_classes);
  std::unordered_map<std::string, std::int64_t> index_of;
  for (std::size_t i = 0; i < result.classes.size(); ++i) {
    index_of.emplace(result.classes[i], static_cast<std::int64_t>(i));
  }
  for (const std::string& text : texts) {
    const auto found = index_of.find(text);
    if (found == index_of.end()) {
      refuse(data,
             "the label '" + printable(text) + "' is not in " +
                 (data.class_order.empty() ? "ImageNet's list of 1000 wnids"
                                           : "the class order " + printable(data.class_order.string())));
    }
    result.labels.push_back(found->second);
  }
  return result;
}

}  // namespace mirrortune
