#pragma once

#include <filesystem>
#include <string>

#include "support/made_run.h"

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

}  // namespace mirrortune::test
