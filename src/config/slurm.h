#pragma once

#include <filesystem>

#include "experiment/slurm_options.h"

namespace mirrortune {

/// Reads and checks a slurm.yaml. Throws as load_experiment: ConfigError listing every error at once, each
/// with its place.
SlurmOptions load_slurm(const std::filesystem::path& file);

}  // namespace mirrortune
