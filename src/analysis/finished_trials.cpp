#include "analysis/finished_trials.h"

#include <algorithm>

#include "analysis/trial_records.h"
#include "base/error.h"
#include "base/text.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

std::vector<Snapshot> snapshots_of(const FinishedTrial& trial) {
  constexpr std::string_view kPrefix = "epoch-", kSuffix = ".safetensors";
  std::vector<std::pair<long long, fs::path>> found;
  for (const auto& entry : fs::directory_iterator(trial.folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    const auto epoch =
        parse_integer(name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size()));
    if (epoch) found.emplace_back(*epoch, entry.path());
  }
  std::sort(found.begin(), found.end());
  std::vector<Snapshot> snapshots;
  for (const auto& [epoch, file] : found) snapshots.push_back({std::to_string(epoch), file});
  snapshots.push_back({"", trial.folder / "final.safetensors"});
  return snapshots;
}

std::vector<FinishedTrial> finished_trials(const fs::path& run_dir) {
  const fs::path cells = run_dir / "cells";
  if (!fs::is_directory(cells)) {
    throw MissingError({.what = "cannot analyse",
                        .where = run_dir.string(),
                        .why = "it is not a run directory: it has no folder 'cells'",
                        .todo = "Give the folder that 'mirrortune run' wrote"});
  }
  std::vector<FinishedTrial> trials;
  for (const TrialRecord& record : trial_records(run_dir)) {
    try {
      const auto state = record.json.at("state").get<std::string>();
      if (state == "done" || state == "below_target")
        trials.push_back(parse_trial(record.json, record.folder));
    } catch (const Json::exception& error) {
      throw DataError(
          {.what = "cannot read", .where = (record.folder / "trial.json").string(), .why = error.what()});
    }
  }
  return trials;
}

}  // namespace mirrortune
