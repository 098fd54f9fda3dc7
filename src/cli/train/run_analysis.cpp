#include "cli/train/run_analysis.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "analysis/analyze.h"
#include "analysis/trial_records.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "report/report.h"

#include "geometry/identify_run.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

/// Beside the report: what it and the tables were made from, and the notes that were told then.
constexpr const char* kMadeFrom = "report/made_from.json";

/// The tables of the cells' searches.
std::vector<fs::path> search_tables(const fs::path& run) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& cell : fs::directory_iterator(run / "cells", none)) {
    if (const auto table = cell.path() / "lr_search.csv"; fs::exists(table)) found.push_back(table);
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Everything that the analysis and the report depend on but times, as one hash. Weights stand for themselves
/// by the record of their trial and their size.
std::string inputs_sha256(const AnalysisOptions& options, const fs::path& run) {
  std::string text = fmt::format("{}\n{}\n{} {}\n", MIRRORTUNE_VERSION, join(options.potentials, "\n"),
                                 static_cast<int>(options.head), options.center);
  for (const auto& table : search_tables(run)) {
    text += fs::relative(table, run).string() + "\n" + read_text_file(table);
  }
  for (auto& [folder, record] : trial_records(run)) {
    record.erase("seconds");
    text += fs::relative(folder, run).string() + "\n" + record.dump() + "\n";
    for (const char* weights : {"init.safetensors", "final.safetensors"}) {
      std::error_code absent;
      text += fmt::format("{}\n", fs::file_size(folder / weights, absent));
    }
  }
  return sha256_hex(text);
}

/// The notes of the analysis that is there, if it and the report are of these inputs.
std::optional<std::vector<std::string>> notes_of_the_same(const fs::path& run, const std::string& inputs) {
  for (const char* file :
       {kMadeFrom, "analysis/delta_cdf.csv", "analysis/histograms.csv", "analysis/quantiles.csv",
        "analysis/trajectories.csv", "analysis/geometry.csv", "report/index.html"}) {
    if (!fs::exists(run / file)) return std::nullopt;
  }
  try {
    const Json made = read_json(run / kMadeFrom);
    if (made.at("inputs_sha256") == inputs) return made.at("notes").get<std::vector<std::string>>();
  } catch (const std::exception&) {
    // Whatever it is, it is made anew.
  }
  return std::nullopt;
}

}  // namespace

fs::path analyze_and_report(const Globals& globals, const AnalysisOptions& options, const fs::path& folder,
                            RunObserver& observer) {
  const auto report = folder / "report" / "index.html";
  const auto inputs = inputs_sha256(options, folder);
  auto notes = notes_of_the_same(folder, inputs);
  if (!notes) {
    remove_tree(folder / kMadeFrom);
    notes = analyze_run(folder, options, globals.threads).notes;
    identify_run(folder, options.head, globals.threads);
    make_folder(folder / "report");
    write_report({folder}, report);
    write_json(folder / kMadeFrom, {{"schema", 1}, {"inputs_sha256", inputs}, {"notes", *notes}});
  }
  for (const auto& note : *notes) observer.on_note(note);
  return report;
}

}  // namespace mirrortune::cli
