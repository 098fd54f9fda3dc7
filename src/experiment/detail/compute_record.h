#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"
#include "experiment/detail/side_by_side.h"
#include "experiment/options.h"
#include "train/compute.h"

namespace mirrortune {

/// How the networks of a cell are computed on the machine: what manifest.json says of it under "compute".
struct ComputeRecord {
  ComputePlan plan;
  std::map<std::string, double> images_per_second = {};  ///< by plan, of a probe; empty where none chose
  SideBySide side_by_side = {};                          ///< of `runtime.parallel: auto`
  std::string steps = {};  ///< TrainingResult::step_mode; empty before a training ended
};

/// By compute_key.
using ComputeRecords = std::map<std::string, ComputeRecord>;

/// What a plan depends on: "shufflenet_v2_x0_5 at 224, batch 256, auto, cpu".
std::string compute_key(const CellOptions& cell, const std::string& device);

/// Those of a run directory's manifest; none without one. Throws DataError if they cannot be read.
ComputeRecords read_compute_records(const std::filesystem::path& run_folder);
Json to_json(const ComputeRecords& records);
/// Replaces those of the run directory's manifest.
void write_compute_records(const std::filesystem::path& run_folder, const ComputeRecords& records);

}  // namespace mirrortune
