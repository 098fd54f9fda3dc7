#pragma once

#include <map>
#include <string>
#include <vector>

#include "experiment/options.h"
#include "experiment/plan.h"

namespace mirrortune {

/// Seconds of one epoch by the names of cells.
using EpochSeconds = std::map<std::string, double>;

/// About how long an epoch of each of these trials' cells takes on this machine: a training step of each
/// network is timed, from random weights and on a few made-up images (on a GPU a whole batch of them).
/// Seconds for a network; no file is read. `device` as in choose_device; `threads` 0: as LibTorch has them.
/// Throws DeviceError, StoppedError.
EpochSeconds measure_epochs(const ExperimentOptions& options, const std::vector<PlannedTrial>& trials,
                            const std::string& device, int threads);

}  // namespace mirrortune
