#pragma once

#include <filesystem>
#include <vector>

namespace mirrortune {

/// Writes one HTML file that shows the runs in `run_dirs` and opens anywhere without a network: figures
/// (Vega-Lite, drawn by the bundle inside the file), tables, configuration, versions and hashes.
///
/// Only the CSV, JSON and YAML files of the run directories are read; each of them may be absent, and what is
/// absent is said in words in its place. Trials are drawn by model and potential; those of several runs, or
/// of further grid axes, are told apart by the run's name and the axis.
///
/// Beside `output` (when it is called index.html), else in `<stem>_files/` beside it, lie for each figure a
/// complete Vega-Lite specification `<figure>.vl.json` and its table `data/<figure>.csv`.
///
/// Returns the specifications. The same input gives the same bytes. Throws MissingError for a directory that
/// is not there, DataError for one that is no run directory or holds a broken file, WriteError or
/// PermissionError when the output cannot be written.
std::vector<std::filesystem::path> write_report(const std::vector<std::filesystem::path>& run_dirs,
                                                const std::filesystem::path& output);

}  // namespace mirrortune
