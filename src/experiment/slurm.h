#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiment/slurm_options.h"
#include "experiment/slurm_work.h"

namespace mirrortune {

/// How a task starts the program.
struct SlurmCommand {
  std::filesystem::path program = {};       ///< mirrortune, absolute
  std::filesystem::path folder = {};        ///< the run directory, absolute; its config.yaml says the rest
  std::string name = {};                    ///< of the experiment
  std::int64_t threads = 0;                 ///< that train; 0: cpus_per_task
  std::vector<std::string> arguments = {};  ///< further ones of `run`: "--device", "cuda"
};

/// A script for sbatch, and what must have ended before it starts.
struct SlurmScript {
  std::string name = {};  ///< "search-1", "seed-03-1", "trials-1" or "collect"
  std::string text = {};
  std::int64_t tasks = 1;
  std::vector<std::string> after = {};  ///< names of scripts that stand before this one
  /// "aftercorr": a task starts once the task of the same index has succeeded; "afterany": once all are over.
  std::string dependency = {};
};

/// The scripts of what is left to do, in the order in which they are submitted: arrays of searches, arrays of
/// the trials that need none, for each seed an array of the trials that wait for their cell's search, and one
/// job that collects. No array has more than max_array_size tasks. A script holds its tasks itself, so that a
/// job in the queue depends on no file but the run directory's.
///
/// Throws UsageError for a run directory that Slurm cannot name: with a backslash or a control character.
std::vector<SlurmScript> slurm_scripts(const SlurmWork& work, const SlurmCommand& command,
                                       const SlurmOptions& options);

}  // namespace mirrortune
