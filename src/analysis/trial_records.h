#pragma once

#include <filesystem>
#include <vector>

#include "base/json.h"

namespace mirrortune {

/// What a run directory keeps of a trial that is finished, or has failed.
struct TrialRecord {
  std::filesystem::path folder;  ///< `cells/<cell>/seed-NN`
  Json json;                     ///< its trial.json: an object
};

/// Every record below `<run_dir>/cells`, by cell, then by seed as the folders' names say; none if there are
/// no cells. Symbolic links count as what they point to. Throws DataError naming a trial.json that is no JSON
/// object, PermissionError.
std::vector<TrialRecord> trial_records(const std::filesystem::path& run_dir);

}  // namespace mirrortune
