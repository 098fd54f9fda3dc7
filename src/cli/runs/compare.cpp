#include "cli/runs/compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/csv.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "cli/runs/run_directory.h"
#include "config/load.h"
#include "weights/weights_file.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

using Keys = std::vector<std::pair<std::string, std::string>>;

/// Dotted keys of a document and their values as text.
void flatten(const Json& document, const std::string& prefix, Keys& keys) {
  if (!document.is_object()) {
    keys.emplace_back(prefix, document.is_string() ? document.get<std::string>() : document.dump());
    return;
  }
  for (const auto& [key, value] : document.items()) {
    flatten(value, prefix.empty() ? key : prefix + "." + key, keys);
  }
}

Keys flatten(const Json& document) {
  Keys keys;
  flatten(document, "", keys);
  return keys;
}

/// In the order of `a`, then what only `b` has.
std::vector<KeyDifference> differing_keys(const Keys& a, const Keys& b) {
  const auto find = [](const Keys& keys, const std::string& key) {
    const auto found = std::ranges::find(keys, key, &Keys::value_type::first);
    return found == keys.end() ? std::nullopt : std::optional(found->second);
  };
  std::vector<KeyDifference> differences;
  for (const auto& [key, value] : a) {
    const auto other = find(b, key);
    if (other != value) differences.push_back({key, value, other});
  }
  for (const auto& [key, value] : b) {
    if (!find(a, key)) differences.push_back({key, std::nullopt, value});
  }
  return differences;
}

/// A table but for its times; nothing for what is no table.
std::optional<std::string> without_seconds(const fs::path& path) {
  try {
    const auto table = CsvTable::read(path);
    std::string text;
    for (std::size_t c = 0; c < table.columns().size(); ++c) {
      if (table.columns()[c] == "seconds") continue;
      text += csv_escape(table.columns()[c]) + "\n";
      for (const auto& row : table.rows()) text += csv_escape(row[c]) + "\n";
    }
    return text;
  } catch (const DataError&) {
    return std::nullopt;
  }
}

/// Do two weights files hold the same tensors? False for what is no weights file.
bool same_tensors(const fs::path& a, const fs::path& b) {
  try {
    const auto left = WeightsFile::open(a), right = WeightsFile::open(b);
    if (left->tensors() != right->tensors()) return false;
    return std::ranges::all_of(left->tensors(), [&](const TensorInfo& tensor) {
      return left->read(tensor).bytes == right->read(tensor).bytes;
    });
  } catch (const WeightsError&) {
    return false;
  }
}

std::optional<FileState> compare_files(const fs::path& a, const fs::path& b) {
  if (!fs::exists(a)) return FileState::only_b;
  if (!fs::exists(b)) return FileState::only_a;
  if (sha256_of_file(a) == sha256_of_file(b)) return std::nullopt;
  const std::string name = a.filename().string();
  if (name == "metrics.csv") {
    const auto left = without_seconds(a);
    if (left && left == without_seconds(b)) return std::nullopt;
  }
  return a.extension() == ".safetensors" && same_tensors(a, b) ? FileState::metadata : FileState::bits;
}

/// Names of the files below a folder of the run directory, relative to it; hidden ones are left out.
std::set<std::string> files_below(const fs::path& run, const fs::path& folder) {
  std::set<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator entry(run / folder, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const auto& path = entry->path();
    const bool hidden = path.filename().string().starts_with('.');
    if (!hidden && entry->is_regular_file(ignored)) names.insert(path.lexically_relative(run).string());
  }
  return names;
}

std::vector<FileDifference> differing_files(const fs::path& a, const fs::path& b,
                                            const std::set<std::string>& names) {
  std::vector<FileDifference> differences;
  for (const auto& name : names) {
    if (const auto state = compare_files(a / name, b / name)) differences.push_back({name, *state});
  }
  return differences;
}

/// Weights and metrics of a trial: what lies in its own folder, but for the log and the record.
std::set<std::string> trial_files(const fs::path& run, const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& name : files_below(run, folder)) {
    const fs::path path(name);
    const bool own = path.parent_path() == folder;
    if (own && (path.extension() == ".safetensors" || path.extension() == ".csv")) names.insert(name);
  }
  return names;
}

/// trial.json as what the trial was made with, and its result.
struct RecordKeys {
  Keys made_with, result;
};
RecordKeys split_record(const Json& record) {
  RecordKeys keys;
  for (const auto& [key, value] : record.items()) {
    if (key == "seconds" || key == "identity_sha256") continue;
    if (key == "identity") {
      flatten(value, "", keys.made_with);
    } else {
      const bool machine = key == "versions" || key == "device" || key == "threads";
      flatten(value, key, machine ? keys.made_with : keys.result);
    }
  }
  return keys;
}

TrialComparison compare_trials(const fs::path& a, const fs::path& b, const RunTrial& left,
                               const RunTrial& right) {
  const auto keys_a = split_record(left.record), keys_b = split_record(right.record);
  const auto folder = left.folder.lexically_relative(a);
  auto names = trial_files(a, folder);
  names.merge(trial_files(b, folder));
  return {.cell = left.cell,
          .seed = left.seed,
          .made_with = differing_keys(keys_a.made_with, keys_b.made_with),
          .result = differing_keys(keys_a.result, keys_b.result),
          .files = differing_files(a, b, names)};
}

Json read_manifest(const fs::path& run) {
  Json manifest = read_json(run / "manifest.json");
  if (!manifest.is_object()) {
    throw DataError(
        {.what = "cannot read", .where = (run / "manifest.json").string(), .why = "it is no JSON object"});
  }
  manifest.erase("name");
  if (manifest.contains("compute") && manifest["compute"].is_object()) {
    for (auto& record : manifest["compute"]) {
      // Measured, never twice the same.
      for (const char* key : {"images_per_second", "side_by_side"}) {
        if (record.is_object()) record.erase(key);
      }
    }
  }
  return manifest;
}

Keys read_configuration(const fs::path& run) {
  Keys keys = read_config_keys(run / "config.yaml");
  std::erase_if(keys,
                [](const auto& entry) { return entry.first == "name" || entry.first == "output.root"; });
  return keys;
}

std::map<std::pair<std::string, std::uint64_t>, RunTrial> by_name(const fs::path& run) {
  std::map<std::pair<std::string, std::uint64_t>, RunTrial> trials;
  for (auto& trial : recorded_trials(run)) trials.emplace(std::pair(trial.cell, trial.seed), trial);
  return trials;
}

/// Subsets, analysis, and the searches of cells that both have.
std::set<std::string> shared_files(const fs::path& a, const fs::path& b) {
  std::set<std::string> names;
  for (const auto& run : {a, b}) {
    for (const char* folder : {"subsets", "analysis"}) names.merge(files_below(run, folder));
  }
  std::error_code ignored;
  for (const auto& cell : fs::directory_iterator(a / "cells", ignored)) {
    const fs::path folder = cell.path().lexically_relative(a);
    const fs::path search = folder / "lr_search.csv";
    const bool searched = fs::exists(a / search) || fs::exists(b / search);
    if (searched && fs::exists(b / folder)) names.insert(search.string());
  }
  return names;
}

bool none_but_metadata(const std::vector<FileDifference>& files) {
  return std::ranges::all_of(files, [](const auto& file) { return file.state == FileState::metadata; });
}

}  // namespace

bool TrialComparison::same_results() const { return result.empty() && none_but_metadata(files); }

bool RunComparison::same_results() const {
  return only_a.empty() && only_b.empty() && none_but_metadata(files) &&
         std::ranges::all_of(trials, &TrialComparison::same_results);
}

bool RunComparison::same() const {
  return configuration.empty() && manifest.empty() && files.empty() && same_results() &&
         std::ranges::all_of(
             trials, [](const auto& trial) { return trial.made_with.empty() && trial.files.empty(); });
}

RunComparison compare_runs(const fs::path& a, const fs::path& b) {
  for (const auto& run : {a, b}) require_run_directory("cannot compare the run", run);
  RunComparison comparison;
  comparison.configuration = differing_keys(read_configuration(a), read_configuration(b));
  comparison.manifest = differing_keys(flatten(read_manifest(a)), flatten(read_manifest(b)));
  const auto trials_a = by_name(a), trials_b = by_name(b);
  for (const auto& [name, trial] : trials_a) {
    const auto other = trials_b.find(name);
    if (other == trials_b.end()) {
      comparison.only_a.push_back({name.first, name.second});
    } else {
      comparison.trials.push_back(compare_trials(a, b, trial, other->second));
    }
  }
  for (const auto& [name, trial] : trials_b) {
    if (!trials_a.contains(name)) comparison.only_b.push_back({name.first, name.second});
  }
  comparison.files = differing_files(a, b, shared_files(a, b));
  return comparison;
}

}  // namespace mirrortune::cli
