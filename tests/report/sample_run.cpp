#include "sample_run.h"

#include <algorithm>

#include "analysis/analyze.h"

#include "geometry/evidence.h"
#include "geometry/identify_run.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;

/// Keeps the rows of a CSV file for which `keep` holds.
template <class Keep>
void filter_rows(const fs::path& csv, Keep keep) {
  const CsvTable table = CsvTable::read(csv);
  CsvTable kept(table.columns());
  for (const auto& row : table.rows()) {
    if (keep(table, row)) kept.add(row);
  }
  kept.write(csv);
}

}  // namespace

void make_analysed_run(const fs::path& folder, const MadeRun& run) {
  make_run(folder, run);
  for (const auto& potential : run.potentials) {
    const fs::path trial = folder / "cells" / (run.model + "__" + potential) / seed_folder(0);
    fs::copy_file(trial / "final.safetensors", trial / "epoch-0002.safetensors");
  }
  analyze_run(folder, AnalysisOptions{}, 1);
  identify_run(folder, HeadRule::exclude, 1);
}

void replace_cells(const fs::path& csv, const std::string& column, const std::string& old_text,
                   const std::string& new_text) {
  const CsvTable table = CsvTable::read(csv);
  CsvTable changed(table.columns());
  for (auto row : table.rows()) {
    auto& cell = row[table.column(column)];
    if (cell == old_text) cell = new_text;
    changed.add(std::move(row));
  }
  changed.write(csv);
}

void replace_key(const fs::path& json, const std::string& key, const Json& value) {
  Json document = read_json(json);
  document[key] = value;
  write_json(json, document);
}

void let_diverge(const fs::path& run, const std::string& cell, int seed) {
  const fs::path trial = run / "cells" / cell / seed_folder(seed) / "trial.json";
  replace_key(trial, "state", "diverged");
  for (const char* key : {"train_loss", "train_accuracy", "holdout_accuracy"})
    replace_key(trial, key, nullptr);
  const auto other = [&](const CsvTable& table, const std::vector<std::string>& row) {
    return row[table.column("cell")] != cell || row[table.column("seed")] != std::to_string(seed);
  };
  filter_rows(run / "analysis" / "delta_cdf.csv", other);
  filter_rows(run / "analysis" / "histograms.csv", other);
  filter_rows(run / "analysis" / "geometry.csv", other);
  filter_rows(run / "analysis" / "trajectories.csv", other);
}

void rename_everywhere(const fs::path& run, const std::string& model, const std::string& potential,
                       const std::string& new_potential) {
  const std::string old_model = MadeRun{}.model;
  for (const char* name : {"index.csv", "analysis/delta_cdf.csv", "analysis/histograms.csv",
                           "analysis/trajectories.csv", "analysis/geometry.csv"}) {
    replace_cells(run / name, "model", old_model, model);
    replace_cells(run / name, "potential", potential, new_potential);
  }
  for (const char* name :
       {"analysis/delta_cdf.csv", "analysis/histograms.csv", "analysis/trajectories.csv"}) {
    replace_cells(run / name, "evaluated_with", potential, new_potential);
  }
  for (const auto& entry : fs::recursive_directory_iterator(run / "cells")) {
    if (entry.path().filename() != "trial.json") continue;
    replace_key(entry.path(), "model", model);
    if (read_json(entry.path())["potential"] == potential)
      replace_key(entry.path(), "potential", new_potential);
  }
}

TableFindings synapses_findings(const SimulateOptions& simulation) {
  const Pairs pairs = simulate_pairs(simulation).pairs;
  const IdentifyOptions options{.model = {.measurement = {.detection_limit = 0.0}}, .resamples = 0};
  Identification found = identify(pairs, options);
  return {.table = "synapses.csv",
          .sessions = {.before = "pre", .after = "post"},
          .evidence = table_evidence(pairs, options, found),
          .identification = std::move(found)};
}

NetworkFindings network_findings(const fs::path& folder) {
  const MadeRun run{.potentials = {"3-norm"}, .seeds = 1};
  make_run(folder, run);
  const fs::path trial = folder / "cells" / (run.model + "__3-norm") / "seed-00";
  return {.before = "init.safetensors",
          .after = "final.safetensors",
          .identification = identify_layers(trial / "init.safetensors", trial / "final.safetensors", {})};
}

}  // namespace mirrortune::test
