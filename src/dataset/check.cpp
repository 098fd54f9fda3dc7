#include "dataset/check.h"

#include <map>
#include <optional>

#include "base/error.h"
#include "base/sha256.h"
#include "dataset/cache.h"
#include "dataset/class_order.h"
#include "dataset/decode.h"
#include "dataset/detail/idx_images.h"
#include "dataset/detail/labelled_files.h"
#include "dataset/detail/parallel_for.h"

namespace mirrortune {
namespace {

using Finding = DataReport::Finding;

DataReport report_of(const ImageIndex& index) {
  DataReport report;
  report.layout = index.layout;
  report.images = static_cast<std::int64_t>(index.images.size());
  report.classes = static_cast<std::int64_t>(index.classes.size());
  return report;
}

/// What reading one file gave.
struct Outcome {
  std::string sha256;
  std::optional<std::string> why;  ///< set if it cannot be decoded
};

Outcome try_image(const std::filesystem::path& path) {
  Outcome outcome;
  try {
    outcome.sha256 = sha256_of_file(path);
    decode_image_file(path);
  } catch (const Error& error) {
    if (error.code() == ExitCode::device) throw;  // not this file's fault: nothing can be decoded here
    outcome.why = error.text().why;
  }
  return outcome;
}

std::vector<Outcome> try_images(const DataOptions& data, const std::vector<detail::LabelledFile>& files,
                                const DecodeControl& control) {
  std::vector<Outcome> outcomes(files.size());
  detail::parallel_for(static_cast<std::int64_t>(files.size()), control, [&](std::int64_t i) {
    const auto row = static_cast<std::size_t>(i);
    outcomes[row] = try_image(data.root / files[row].path);
  });
  return outcomes;
}

/// The wnid that a file's name starts with ("n01440764_tench.JPEG"), if it does.
std::optional<std::string> wnid_of_name(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  const std::string start = name.substr(0, 9);
  const bool ends = name.size() == 9 || (name.size() > 9 && (name[9] == '_' || name[9] == '.'));
  return is_wnid(start) && ends ? std::optional(start) : std::nullopt;
}

/// Why a label is doubtful, if it is: another wnid in the name, or another label on the same bytes.
std::vector<Finding> find_mislabelled(const std::vector<detail::LabelledFile>& files,
                                      const std::vector<Outcome>& outcomes) {
  std::vector<Finding> findings;
  std::map<std::string, std::size_t> first_with;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& [path, label] = files[i];
    const auto wnid = wnid_of_name(path);
    if (wnid && is_wnid(label) && *wnid != label) {
      findings.push_back({path, "its name says " + *wnid + ", its label " + label});
    }
    if (outcomes[i].why) continue;
    const detail::LabelledFile& twin = files[first_with.emplace(outcomes[i].sha256, i).first->second];
    if (twin.label != label) {
      findings.push_back(
          {path, "its label is " + label + ", but " + twin.path + ", the same image, has " + twin.label});
    }
  }
  return findings;
}

/// Indexing read and checked the whole file; the labels are left.
DataReport check_idx_images(const ImageIndex& index) {
  std::vector<detail::LabelledFile> files;
  std::vector<Outcome> outcomes;
  for (const ImageEntry& image : index.images) {
    files.push_back({image.path, index.classes[static_cast<std::size_t>(image.label)]});
    outcomes.push_back({.sha256 = image.sha256, .why = {}});
  }
  DataReport report = report_of(index);
  report.mislabelled = find_mislabelled(files, outcomes);
  return report;
}

}  // namespace

DataReport check_data(const DataOptions& data, std::int64_t num_classes, const DecodeControl& control) {
  if (detail::is_idx_root(data.root)) return check_idx_images(index_images(data, num_classes));
  if (is_cache(data.root)) return report_of(index_images(data, num_classes));
  detail::require_no_md5(data);
  const detail::LabelledFiles found = detail::find_labelled_files(data);
  std::vector<std::string> texts;
  for (const detail::LabelledFile& file : found.files) texts.push_back(file.label);
  DataReport report;
  report.layout = found.layout;
  report.images = static_cast<std::int64_t>(found.files.size() + found.missing.size());
  report.classes = static_cast<std::int64_t>(order_classes(texts, data, num_classes).classes.size());
  report.ignored = found.ignored;
  const std::vector<Outcome> outcomes = try_images(data, found.files, control);
  for (const std::string& path : found.missing)
    report.unreadable.push_back({path, "it has a label but is missing"});
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].why) report.unreadable.push_back({found.files[i].path, *outcomes[i].why});
  }
  report.mislabelled = find_mislabelled(found.files, outcomes);
  return report;
}

}  // namespace mirrortune
