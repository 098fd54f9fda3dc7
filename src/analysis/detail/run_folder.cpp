#include "analysis/detail/run_folder.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace mirrortune::detail {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders_of(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory()) folders.push_back(entry->path());
  }
  if (error) throw_read_error("cannot read the run directory", folder.string(), error.value());
  std::sort(folders.begin(), folders.end());
  return folders;
}

FinishedTrial parse_trial(const Json& document, const fs::path& folder) {
  FinishedTrial trial;
  trial.folder = folder;
  trial.name.cell = document.at("cell").get<std::string>();
  trial.name.model = document.at("model").get<std::string>();
  trial.name.potential = document.at("potential").get<std::string>();
  trial.name.seed = document.at("seed").get<std::uint64_t>();
  trial.head = document.value("head", std::string());
  const Json identity = document.value("identity", Json::object());
  for (const auto& [key, value] : identity.items()) {
    trial.identity[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return trial;
}

/// Appends the trial of a folder if it is finished.
void append_trial(std::vector<FinishedTrial>& trials, const fs::path& folder) {
  const fs::path file = folder / "trial.json";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  const Json document = read_json(file);
  try {
    const auto state = document.at("state").get<std::string>();
    if (state == "done" || state == "below_target") trials.push_back(parse_trial(document, folder));
  } catch (const Json::exception& error) {
    throw DataError({.what = "cannot read", .where = file.string(), .why = error.what()});
  }
}

}  // namespace

std::vector<FinishedTrial> finished_trials(const fs::path& run_dir) {
  const fs::path cells = run_dir / "cells";
  if (!fs::is_directory(cells)) {
    throw MissingError({.what = "cannot analyse",
                        .where = run_dir.string(),
                        .why = "it is not a run directory: it has no folder 'cells'",
                        .todo = "Give the folder that 'mirrortune run' wrote"});
  }
  std::vector<FinishedTrial> trials;
  for (const auto& cell : folders_of(cells)) {
    const auto begin = static_cast<std::ptrdiff_t>(trials.size());
    for (const auto& folder : folders_of(cell)) append_trial(trials, folder);
    std::stable_sort(
        trials.begin() + begin, trials.end(),
        [](const FinishedTrial& a, const FinishedTrial& b) { return a.name.seed < b.name.seed; });
  }
  return trials;
}

}  // namespace mirrortune::detail
