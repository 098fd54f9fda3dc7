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
  return in_state(TrialState::diverged) == std::ssize(rows) ? ExitCode::all_diverged : ExitCode::ok;
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
  write_run_head(options, request, setup);
  try {
    const ImageGroup* last = nullptr;
    for (const auto& cell : setup.cells) {
      if (cell.todo.empty()) continue;
      if (cell.images != last) {
        for (auto& [key, group] : setup.groups) group->forget();
        cell.images->decode({.threads = setup.machine.threads,
                             .progress = [&](auto done, auto total) { observer.on_decode(done, total); }});
      }
      last = cell.images;
      CellRun(setup, cell, observer).run();
    }
  } catch (const StoppedError&) {
    throw_stopped(setup);
  }
  RunSummary summary{.folder = setup.folder.root(), .trials = chosen_rows(setup)};
  summary.exit_code = exit_code_of(summary.trials);
  return summary;
}

}  // namespace mirrortune
