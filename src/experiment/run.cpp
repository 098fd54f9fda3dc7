#include "experiment/run.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>
#include <torch/torch.h>

#include "base/file.h"
#include "base/text.h"
#include "experiment/detail/cell_run.h"
#include "experiment/detail/run_setup.h"

namespace mirrortune {
namespace {

/// Rows of the chosen trials.
std::vector<TrialRow> chosen_rows(const RunSetup& setup) {
  std::vector<TrialRow> rows;
  for (const auto& row : setup.rows) {
    const bool chosen = std::any_of(setup.chosen.begin(), setup.chosen.end(), [&](const PlannedTrial& trial) {
      return trial.cell_name == row.cell && trial.seed == row.seed;
    });
    if (chosen) rows.push_back(row);
  }
  return rows;
}

ExitCode exit_code_of(const std::vector<TrialRow>& rows) {
  const auto in_state = [&](TrialState state) {
    return std::count_if(rows.begin(), rows.end(), [&](const TrialRow& row) { return row.state == state; });
  };
  if (in_state(TrialState::failed) > 0) return ExitCode::some_failed;
  const bool all_diverged = !rows.empty() && in_state(TrialState::diverged) == std::ssize(rows);
  return all_diverged ? ExitCode::all_diverged : ExitCode::ok;
}

/// The row of a trial by its record, which must be of this configuration.
TrialRow collected_row(const RunFolder& folder, const ExperimentOptions& options, const CellOptions& cell,
                       std::uint64_t seed) {
  const auto record = folder.trial_record(cell.name, seed);
  if (!record) return pending_row(cell, seed);
  const auto weights = record->at("weights_sha256").get<std::string>();
  const auto identity = trial_identity(cell_identity(cell, options.seeds.front(), weights), seed);
  const auto differing = differences(identity, *record);
  if (!differing.empty()) throw_other_identity(folder.trial(cell.name, seed).string(), differing);
  return row_of(*record);
}

[[noreturn]] void throw_search_failed(const RunSetup& setup, const std::vector<std::string>& cells) {
  throw Error(ExitCode::some_failed, {.what = "the learning-rate search failed",
                                      .where = setup.folder.root().string(),
                                      .why = "of " + join(cells, ", "),
                                      .safe = "What was searched is kept",
                                      .todo = "Repeat the same command to try again"});
}

[[noreturn]] void throw_stopped(const RunSetup& setup) {
  const auto rows = chosen_rows(setup);
  const auto finished =
      std::count_if(rows.begin(), rows.end(), [](const TrialRow& row) { return is_finished(row.state); });
  throw StoppedError({.what = "stopped on request",
                      .where = setup.folder.root().string(),
                      .why = fmt::format("{} of {} trials are finished", finished, rows.size()),
                      .safe = "They are kept",
                      .todo = "Repeat the same command to go on"});
}

}  // namespace

RunSummary run_experiment(const ExperimentOptions& options, const RunRequest& request,
                          RunObserver& observer) {
  auto setup = prepare_run(options, request);
  observer.on_plan(setup.chosen);
  std::vector<std::string> failed_searches;
  try {
    write_run_head(options, request, setup);
    const ImageGroup* last = nullptr;
    for (const auto& cell : setup.cells) {
      if (cell.todo.empty()) continue;
      if (cell.images != last) {
        for (auto& [key, group] : setup.groups) group->forget();
        cell.images->decode({.threads = setup.machine.threads,
                             .progress = [&](auto done, auto total) { observer.on_decode(done, total); }});
      }
      last = cell.images;
      CellRun cell_run(setup, cell, observer);
      if (!request.search_only) {
        cell_run.run();
      } else if (!cell_run.run_search_only()) {
        failed_searches.push_back(cell.options.name);
      }
    }
  } catch (const StoppedError&) {
    throw_stopped(setup);
  }
  if (!failed_searches.empty()) throw_search_failed(setup, failed_searches);
  RunSummary summary{.folder = setup.folder.root(), .trials = chosen_rows(setup)};
  summary.exit_code = exit_code_of(summary.trials);
  return summary;
}

RunSummary collect_run(const ExperimentOptions& options) {
  const RunFolder folder(options.output_root / options.name);
  if (!std::filesystem::exists(folder.root() / "config.yaml")) {
    throw MissingError(
        {.what = "cannot collect", .where = folder.root().string(), .why = "no run was started there"});
  }
  RunSummary summary{.folder = folder.root()};
  for (const auto& cell : options.cells) {
    for (const auto seed : options.seeds)
      summary.trials.push_back(collected_row(folder, options, cell, seed));
  }
  folder.write_index(summary.trials);
  remove_tree(folder.root() / ".claims");
  summary.exit_code = exit_code_of(summary.trials);
  return summary;
}

}  // namespace mirrortune
