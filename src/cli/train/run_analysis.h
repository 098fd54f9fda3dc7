#pragma once

#include <filesystem>

#include "analysis/options.h"
#include "cli/globals.h"
#include "experiment/run.h"

namespace mirrortune::cli {

/// Analyses a run directory and writes its report. Returns the report's path; notes go to the observer. What
/// was made by this version from the same trials is left as it is.
std::filesystem::path analyze_and_report(const Globals& globals, const AnalysisOptions& options,
                                         const std::filesystem::path& folder, RunObserver& observer);

}  // namespace mirrortune::cli
