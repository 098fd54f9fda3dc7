#include <algorithm>

#include "analysis/analyze.h"
#include "analysis/detail/compat.h"
#include "analysis/detail/rows.h"
#include "analysis/finished_trials.h"
#include "analysis/potentials.h"
#include "base/file.h"
#include "base/text.h"

namespace mirrortune {
namespace {

/// The potentials of the options, and the trial's own if it is not among them.
std::vector<Potential> potentials_for(const FinishedTrial& trial, const AnalysisOptions& options) {
  auto texts = options.potentials;
  texts.push_back(trial.name.potential);
  return potentials_named(texts);
}

AnalysisTable analyze_weights(const FinishedTrial& trial, const std::filesystem::path& weights,
                              const AnalysisOptions& options, int threads) {
  const LayerPairs pairs(trial.folder / "init.safetensors", weights,
                         {.head = options.head, .head_name = trial.head});
  const auto potentials = potentials_for(trial, options);
  AnalysisTable table;
  detail::append_rows(table, pairs, {potentials, /*groups=*/{}, options.center, /*bootstrap=*/0, threads},
                      trial.name);
  return table;
}

/// Weights of the compared layers, whatever potential counts them.
std::int64_t analysed_weights(const AnalysisTable& table) {
  std::int64_t most = 0;
  for (const auto& row : table.rows) most = std::max(most, row.layer == kAll ? row.statistics.n : 0);
  return most;
}

}  // namespace

AnalysisTable analyze_run(const std::filesystem::path& run_dir, const AnalysisOptions& options, int threads) {
  const auto trials = finished_trials(run_dir);
  const auto folder = run_dir / "analysis";
  make_folder(folder);
  AtomicFile histograms(folder / "histograms.csv");
  histograms.write(join(histogram_columns(), ",") + "\n");
  AtomicFile quantiles(folder / "quantiles.csv");
  quantiles.write(join(quantile_columns(), ",") + "\n");
  CsvTable trajectories(trajectory_columns());
  AnalysisTable all;
  std::vector<detail::PublishedEntry> published;
  for (const auto& trial : trials) {
    const auto snapshots = snapshots_of(trial);
    AnalysisTable table;  // in the end of the final weights
    for (const Snapshot& snapshot : snapshots) {
      table = analyze_weights(trial, snapshot.file, options, threads);
      if (snapshots.size() > 1) add_trajectory(trajectories, table, snapshot.epoch);
    }
    const std::int64_t weights = analysed_weights(table);
    for (auto& row : table.rows) {
      histograms.write(histogram_lines(row));
      quantiles.write(quantile_lines(row));
      row.statistics.histogram = {};
      row.statistics.qq = {};
      if (row.layer != kAll) continue;
      published.push_back(
          {&trial, row.evaluated_with, row.statistics.delta_cdf, row.statistics.magnitude, weights});
    }
    all.rows.insert(all.rows.end(), table.rows.begin(), table.rows.end());
    all.notes.insert(all.notes.end(), table.notes.begin(), table.notes.end());
  }
  if (trials.empty()) all.notes.push_back("no trial of this run is finished: the tables have no rows");
  detail::write_published_arrays(folder / "compat", published, all.notes);
  histograms.commit();
  quantiles.commit();
  trajectories.write(folder / "trajectories.csv");
  delta_cdf_csv(all).write(folder / "delta_cdf.csv");
  return all;
}

}  // namespace mirrortune
