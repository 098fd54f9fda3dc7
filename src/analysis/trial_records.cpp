#include "analysis/trial_records.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

/// The folders in a folder; a name of more digits is a larger seed.
std::vector<fs::path> folders_of(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) folders.push_back(entry->path());
  }
  if (error) throw_read_error("cannot read the run directory", folder.string(), error.value());
  return folders;
}

bool is_before(const fs::path& a, const fs::path& b) {
  const auto key = [](const fs::path& path) {
    const std::string name = path.filename().string();
    return std::pair(name.starts_with("seed-") ? name.size() : 0, name);
  };
  return key(a) < key(b);
}

}  // namespace

std::vector<TrialRecord> trial_records(const fs::path& run_dir) {
  std::vector<TrialRecord> records;
  const fs::path cells = run_dir / "cells";
  std::error_code ignored;
  if (!fs::exists(cells, ignored)) return records;
  auto folders = folders_of(cells);
  std::sort(folders.begin(), folders.end());
  for (const auto& cell : folders) {
    auto trials = folders_of(cell);
    std::sort(trials.begin(), trials.end(), is_before);
    for (const auto& folder : trials) {
      const fs::path file = folder / "trial.json";
      if (!fs::exists(file, ignored)) continue;
      Json json = read_json(file);
      if (!json.is_object()) {
        throw DataError({.what = "cannot read", .where = file.string(), .why = "it is no JSON object"});
      }
      records.push_back({.folder = folder, .json = std::move(json)});
    }
  }
  return records;
}

}  // namespace mirrortune
