#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiment/options.h"
#include "experiment/slurm.h"

namespace mirrortune {

/// A job that Slurm has taken.
struct SlurmJob {
  std::string name = {};  ///< of its script
  std::int64_t id = 0;
};

/// Writes config.yaml and slurm/scripts/ of the run directory, hands the scripts to sbatch in their order,
/// and keeps the ids of the jobs in slurm/jobs.json. All are taken or none: if one is refused, those before
/// it are cancelled. The caller holds the directory's lock, shared with others.
///
/// Throws BusyError while jobs of an earlier submission are queued or running, unless `even_if_queued`, or
/// while another process submits; DeviceError with Slurm's own message if it refuses, if it does not answer,
/// or if its commands are not installed; WriteError, PermissionError.
std::vector<SlurmJob> submit_to_slurm(const ExperimentOptions& options,
                                      const std::vector<SlurmScript>& scripts, bool even_if_queued);

}  // namespace mirrortune
