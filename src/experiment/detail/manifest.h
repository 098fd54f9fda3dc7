#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"
#include "experiment/detail/compute_record.h"
#include "experiment/detail/record.h"
#include "experiment/run.h"

namespace mirrortune {

/// The machine to run on: as asked, or as the run in this folder was started on, or with the cores shared
/// among the trainings that run side by side. Prepares LibTorch for it (train/device.h). Throws ResumeError
/// if a deterministic run was started with other threads or on another device than now asked for, unless
/// `fresh` or `allow_inexact`; DeviceError.
Machine choose_machine(const ExperimentOptions& options, const RunRequest& request);

/// What manifest.json says of one file or folder that the run reads.
using Provenance = std::map<std::string, Json>;

/// manifest.json: versions, host, machine, hashes of weights and data, how networks are computed.
Json manifest(const std::string& run_name, const Machine& machine, const Provenance& weights,
              const Provenance& data, const ComputeRecords& compute);

}  // namespace mirrortune
