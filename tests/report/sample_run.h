#pragma once

#include <filesystem>
#include <string>

#include "report/identification.h"
#include "support/made_run.h"

#include "geometry/simulate.h"

namespace mirrortune::test {

/// The made run with its analysis, as `mirrortune run` hands it to the report.
void make_analysed_run(const std::filesystem::path& folder, const MadeRun& run = {});

/// Replaces cells of a CSV file: each `old_text` in `column`.
void replace_cells(const std::filesystem::path& csv, const std::string& column, const std::string& old_text,
                   const std::string& new_text);
/// Replaces a key of a JSON file.
void replace_key(const std::filesystem::path& json, const std::string& key, const Json& value);
/// Makes a trial of the run one that diverged: its state, its numbers, and no row of it in the analysis.
void let_diverge(const std::filesystem::path& run, const std::string& cell, int seed);
/// Gives the model and one potential another name in every table and trial of the run.
void rename_everywhere(const std::filesystem::path& run, const std::string& model,
                       const std::string& potential, const std::string& new_potential);

/// What the command `identify` finds in simulated synapses, without a bootstrap.
TableFindings synapses_findings(const SimulateOptions& simulation);
/// And in the weights before and after a trial of the made run, which `folder` is for.
NetworkFindings network_findings(const std::filesystem::path& folder);

}  // namespace mirrortune::test
