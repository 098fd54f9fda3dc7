#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiment/options.h"
#include "experiment/plan.h"

namespace mirrortune {

/// A cell and the trials of it that are left.
struct SlurmCell {
  std::string name = {};
  bool search = false;                    ///< its learning-rate search is not finished
  std::vector<std::uint64_t> seeds = {};  ///< one or more
};

/// What is left of an experiment.
struct SlurmWork {
  std::vector<SlurmCell> cells = {};
  std::int64_t finished = 0;  ///< chosen trials that are
};

/// Reads the run directory alone, which may not exist yet. Throws ResumeError naming the keys that differ if
/// a chosen trial's record, or its search's, is of another configuration, UsageError as plan_trials,
/// DataError for a record that cannot be read.
SlurmWork slurm_work(const ExperimentOptions& options, const TrialFilter& only);

}  // namespace mirrortune
