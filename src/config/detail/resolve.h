#pragma once

#include <string>

#include "config/detail/draft.h"
#include "experiment/options.h"

namespace mirrortune::config {

/// Combines the draft with the defaults: one cell per point of the grid, checked for settings that contradict
/// each other. The draft must be free of problems.
ExperimentOptions resolve(const Draft& draft, const std::string& file, Problems& problems);

/// The draft with every default written out, as a configuration file: loads again to the same options.
std::string to_yaml(const Draft& draft);

}  // namespace mirrortune::config
