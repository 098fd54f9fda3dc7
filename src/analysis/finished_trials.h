#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "analysis/table.h"

namespace mirrortune {

/// A finished trial of a run directory, as its trial.json says.
struct FinishedTrial {
  TrialName name;
  std::filesystem::path folder;                 ///< with init.safetensors and final.safetensors
  std::string head;                             ///< modules of the head, separated by commas; may be empty
  std::map<std::string, std::string> identity;  ///< resolved configuration, dotted keys
};

/// Weights of a trial that are compared with its first ones.
struct Snapshot {
  std::string epoch;  ///< empty: the final ones
  std::filesystem::path file;
};

/// The snapshots between the first and the final weights by epoch, then the final weights.
std::vector<Snapshot> snapshots_of(const FinishedTrial& trial);

/// The trials in state done or below_target, by cell and seed. Throws MissingError if `run_dir` is no run
/// directory, DataError for a broken trial.json.
std::vector<FinishedTrial> finished_trials(const std::filesystem::path& run_dir);

}  // namespace mirrortune
