#include "analysis/finished_trials.h"

#include "analysis/trial_records.h"
#include "base/error.h"

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
