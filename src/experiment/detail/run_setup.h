#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "experiment/detail/claims.h"
#include "experiment/detail/compute_record.h"
#include "experiment/detail/identity.h"
#include "experiment/detail/record.h"
#include "experiment/detail/run_folder.h"
#include "experiment/detail/run_images.h"
#include "experiment/run.h"
#include "train/start.h"

namespace mirrortune {

/// One chosen cell, ready to run.
struct CellSetup {
  const CellOptions& options;
  const StartingPoint& start;
  Identity identity = {};                ///< of its search
  std::vector<std::uint64_t> todo = {};  ///< seeds of the chosen trials that are not finished
  ImageGroup* images = nullptr;          ///< null if nothing is to do
};

/// Everything that a run needs, checked before anything is written.
struct RunSetup {
  RunFolder folder;
  Claims claims;
  Machine machine;
  bool allow_inexact = false;
  std::vector<PlannedTrial> chosen;
  std::map<std::string, std::unique_ptr<StartingPoint>> starts;
  std::map<std::string, std::unique_ptr<ImageGroup>> groups;  ///< by image_group_key
  std::vector<CellSetup> cells;                               ///< cells that share images follow each other
  std::map<std::string, std::string> subset_tables;           ///< name → text of subsets/*.csv
  ComputeRecords compute;      ///< of an earlier start; kept up to date with what the cells choose
  std::vector<TrialRow> rows;  ///< of all trials of the configuration, as index.csv lists them
};

/// Reads the weights, indexes the images, draws the subsets and compares with what the run directory holds.
/// Changes nothing on disk. Throws as run_experiment.
RunSetup prepare_run(const ExperimentOptions& options, const RunRequest& request);

/// Removes what `--fresh` asks for, and writes config.yaml, manifest.json, subsets/*.csv and index.csv. A
/// shard leaves the manifest of another as it is, and writes no index.
void write_run_head(const ExperimentOptions& options, const RunRequest& request, const RunSetup& setup);

}  // namespace mirrortune
