#include "experiment/slurm_work.h"

#include <filesystem>

#include "experiment/detail/identity.h"
#include "experiment/detail/run_folder.h"

namespace mirrortune {
namespace {

/// Throws if the record is of another configuration than this cell; the weights are those that it names.
void require_same(const CellOptions& cell, std::uint64_t base_seed, const Json& record,
                  const std::filesystem::path& folder) {
  const auto weights = record.at("identity").at("model.weights_sha256").get<std::string>();
  Identity identity = cell_identity(cell, base_seed, weights);
  if (record.contains("seed")) identity = trial_identity(identity, record.at("seed").get<std::uint64_t>());
  const auto differing = differences(identity, record);
  if (!differing.empty()) throw_other_identity(folder.string(), differing);
}

bool needs_search(const CellOptions& cell, std::uint64_t base_seed, const RunFolder& run) {
  if (cell.lr.fixed) return false;
  const auto folder = run.cell(cell.name);
  if (!std::filesystem::exists(folder / "search.json")) return true;
  const Json record = read_json(folder / "search.json");
  require_same(cell, base_seed, record, folder);
  return record.at("state") == to_text(TrialState::running);
}

}  // namespace

SlurmWork slurm_work(const ExperimentOptions& options, const TrialFilter& only) {
  const RunFolder run(options.output_root / options.name);
  SlurmWork work;
  for (const PlannedTrial& trial : plan_trials(options, only)) {
    const CellOptions& cell = options.cells[trial.cell];
    if (const auto record = run.trial_record(cell.name, trial.seed)) {
      require_same(cell, options.seeds.front(), *record, run.trial(cell.name, trial.seed));
    }
    if (is_finished(trial.state)) {
      ++work.finished;
      continue;
    }
    if (work.cells.empty() || work.cells.back().name != cell.name) {
      const bool search = needs_search(cell, options.seeds.front(), run);
      work.cells.push_back({.name = cell.name, .search = search});
    }
    work.cells.back().seeds.push_back(trial.seed);
  }
  return work;
}

}  // namespace mirrortune
