#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "experiment/options.h"
#include "train/state.h"

namespace mirrortune {

/// `--only key=value`: key is model, potential, seed, cell, or a key of the configuration
/// (CellOptions::identity). Values of one key are alternatives, different keys must all fit.
using TrialFilter = std::vector<std::pair<std::string, std::string>>;

/// One trial of an experiment, before it runs.
struct PlannedTrial {
  std::size_t cell = 0;  ///< place in ExperimentOptions::cells
  std::string cell_name = {};
  std::string model = {};
  std::string potential = {};
  std::uint64_t seed = 0;
  std::int64_t num_weights = 0;            ///< D, weights of all Conv2d and Linear layers
  std::int64_t num_images = 0;             ///< N
  std::int64_t disk_bytes = 0;             ///< that its snapshots take
  TrialState state = TrialState::pending;  ///< what its trial.json says; pending if there is none
};

/// Cells × seeds that the filter takes, cell by cell. No image or weights file is read. Throws UsageError for
/// a key that no cell has, and if nothing is left.
std::vector<PlannedTrial> plan_trials(const ExperimentOptions& options, const TrialFilter& only);

/// The trials of a shard: every count-th, from the index-th on.
std::vector<PlannedTrial> trials_of(const Shard& shard, std::vector<PlannedTrial> trials);

/// Places in ExperimentOptions::cells of the cells that have a trial which the filter takes: what plan_trials
/// would list, without looking at networks or at the run folder. Throws as plan_trials.
std::set<std::size_t> chosen_cells(const ExperimentOptions& options, const TrialFilter& only);

/// "seed-03".
std::string seed_folder_name(std::uint64_t seed);

}  // namespace mirrortune
