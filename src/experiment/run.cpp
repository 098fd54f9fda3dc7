#include "experiment/run.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>
#include <torch/torch.h>

#include "base/file.h"
#include "base/text.h"
#include "dataset/cache.h"
#include "experiment/detail/group_run.h"
#include "experiment/detail/run_state.h"

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

/// The cells that are left, in parts that share their images.
std::vector<std::vector<const CellSetup*>> groups_of(const std::vector<CellSetup>& cells) {
  std::vector<std::vector<const CellSetup*>> groups;
  for (const auto& cell : cells) {
    if (cell.todo.empty()) continue;
    if (groups.empty() || groups.back().front()->images != cell.images) groups.emplace_back();
    groups.back().push_back(&cell);
  }
  return groups;
}

/// Reads the images that the group's trainings need, from the run directory's pack of them where one is kept.
void decode_images(ImageGroup& group, const ExperimentOptions& options, RunState& run) {
  const DecodeControl control{.threads = run.setup.machine.threads, .progress = [&](auto done, auto total) {
                                run.observer.on_decode(done, total);
                              }};
  if (!options.schedule.pack_images || group.index().layout == kLayoutCache) return group.decode(control);
  const auto pack = run.setup.folder.root() / "images" / group.pack_name(options.seeds);
  {
    const auto claim = run.setup.claims.wait_for("images/" + pack.filename().string());
    if (!is_cache(pack)) group.pack(options.seeds, pack, control);
  }
  group.decode_from(pack, control);
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
  RunState run{.setup = setup, .observer = observer};
  try {
    write_run_head(options, request, setup);
    for (const auto& cells : groups_of(setup.cells)) {
      for (auto& [key, group] : setup.groups) group->forget();
      decode_images(*cells.front()->images, options, run);
      GroupRun(run, cells, options.schedule).run(request.search_only);
      if (run.failed_fast) break;
    }
  } catch (const StoppedError&) {
    throw_stopped(setup);
  }
  if (request.search_only && !run.failed_searches.empty()) throw_search_failed(setup, run.failed_searches);
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
