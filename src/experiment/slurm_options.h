#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mirrortune {

/// What the jobs of a sweep ask of a Slurm cluster, and how they are cut into arrays: a slurm.yaml. Of an
/// empty text nothing is said to Slurm, so that the cluster's own default holds.
struct SlurmOptions {
  std::string partition = {};
  std::string account = {};
  std::string qos = {};
  std::string constraint = {};
  std::string time = {};    ///< limit of one task, as sbatch takes it: "90", "4:00:00", "1-12:00:00"
  std::string memory = {};  ///< of one task: "16G"
  std::int64_t cpus_per_task = 1;
  std::int64_t gpus_per_task = 0;
  std::int64_t max_running = 0;        ///< tasks of one array at once; 0: as many as the cluster takes
  std::int64_t max_array_size = 1000;  ///< tasks of one array; at most the cluster's MaxArraySize − 1
  std::int64_t max_requeues = 50;      ///< of one task: how often it may go on in a new allocation
  std::int64_t signal_seconds_before_end = 120;  ///< when a task is told to keep a checkpoint and stop
  std::vector<std::string> options = {};         ///< further #SBATCH lines: "--mail-type=FAIL"
  std::vector<std::string> setup = {};           ///< shell lines before the program: "module load cuda"
};

}  // namespace mirrortune
