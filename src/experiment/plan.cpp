#include "experiment/plan.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "dataset/subset.h"
#include "experiment/detail/run_folder.h"
#include "models/layers.h"
#include "models/registry.h"
#include "potential/potential.h"

namespace mirrortune {
namespace {

/// What a network takes on disk, by its number of weights.
struct NetworkSize {
  std::int64_t num_weights = 0;
  std::int64_t state_bytes = 0;
};

NetworkSize measure(const ModelOptions& options) {
  const auto network = make_network(options.name, options.classes);
  NetworkSize size{.num_weights = num_plastic_weights(*network)};
  for (const auto& entry : state_entries(*network)) {
    size.state_bytes += entry.value.numel() * static_cast<std::int64_t>(entry.value.element_size());
  }
  return size;
}

std::int64_t disk_bytes(const NetworkSize& size, const CellOptions& cell) {
  const auto snapshots = 2 + static_cast<std::int64_t>(cell.snapshots.epochs.size());
  const auto weights = snapshots * size.num_weights * static_cast<std::int64_t>(sizeof(float));
  return weights + (cell.snapshots.full ? size.state_bytes : 0);
}

std::string canonical(const std::string& key, const std::string& value) {
  if (key != "potential") return value;
  try {
    return to_text(parse_potential(value));
  } catch (const std::invalid_argument&) {
    return value;
  }
}

/// What --only can ask of a trial.
std::map<std::string, std::string> properties(const CellOptions& cell, std::uint64_t seed) {
  std::map<std::string, std::string> result(cell.identity.begin(), cell.identity.end());
  result["cell"] = cell.name;
  result["model"] = cell.model.name;
  result["potential"] = cell.potential;
  result["seed"] = std::to_string(seed);
  return result;
}

/// The allowed values of each key.
using Choices = std::map<std::string, std::vector<std::string>>;

bool fits(const std::map<std::string, std::string>& trial, const Choices& choices) {
  return std::all_of(choices.begin(), choices.end(), [&](const auto& choice) {
    const auto& [key, values] = choice;
    const auto found = trial.find(key);
    return found != trial.end() && std::find(values.begin(), values.end(), found->second) != values.end();
  });
}

Choices choices_of(const ExperimentOptions& options, const TrialFilter& only) {
  Choices choices;
  for (const auto& [key, value] : only) choices[key].push_back(canonical(key, value));
  std::map<std::string, std::string> known;
  for (const auto& cell : options.cells) known.merge(properties(cell, 0));
  std::vector<std::string> names;
  for (const auto& [key, value] : known) names.push_back(key);
  for (const auto& [key, values] : choices) {
    if (known.contains(key)) continue;
    const auto near = nearest(key, names);
    throw UsageError(
        {.what = "cannot choose trials",
         .where = "--only " + printable(key),
         .why = "no trial has this key" + (near ? "; did you mean '" + *near + "'?" : std::string()),
         .todo = "Use model, potential, seed, cell, or a dotted key of the configuration"});
  }
  return choices;
}

/// Place of the cell, and seed, of every trial that the filter takes, cell by cell.
std::vector<std::pair<std::size_t, std::uint64_t>> choose(const ExperimentOptions& options,
                                                          const TrialFilter& only) {
  const auto choices = choices_of(options, only);
  std::vector<std::pair<std::size_t, std::uint64_t>> chosen;
  for (std::size_t c = 0; c < options.cells.size(); ++c) {
    for (const auto seed : options.seeds) {
      if (fits(properties(options.cells[c], seed), choices)) chosen.emplace_back(c, seed);
    }
  }
  if (chosen.empty()) {
    throw UsageError({.what = "nothing to run",
                      .why = only.empty() ? "the configuration has no trials" : "no trial fits every --only",
                      .todo = "See the trials with --dry-run"});
  }
  return chosen;
}

}  // namespace

std::set<std::size_t> chosen_cells(const ExperimentOptions& options, const TrialFilter& only) {
  std::set<std::size_t> cells;
  for (const auto& [cell, seed] : choose(options, only)) cells.insert(cell);
  return cells;
}

std::vector<PlannedTrial> plan_trials(const ExperimentOptions& options, const TrialFilter& only) {
  const RunFolder folder(options.output_root / options.name);
  std::map<std::pair<std::string, std::int64_t>, NetworkSize> sizes;
  std::vector<PlannedTrial> trials;
  for (const auto& [c, seed] : choose(options, only)) {
    const auto& cell = options.cells[c];
    const auto [size, fresh] = sizes.try_emplace({cell.model.name, cell.model.classes});
    if (fresh) size->second = measure(cell.model);
    trials.push_back({.cell = c,
                      .cell_name = cell.name,
                      .model = cell.model.name,
                      .potential = cell.potential,
                      .seed = seed,
                      .num_weights = size->second.num_weights,
                      .num_images = subset_size(cell.data.subset, size->second.num_weights),
                      .disk_bytes = disk_bytes(size->second, cell),
                      .state = folder.state_of(cell.name, seed)});
  }
  return trials;
}

std::vector<PlannedTrial> trials_of(const Shard& shard, std::vector<PlannedTrial> trials) {
  std::int64_t place = 0;
  std::erase_if(trials, [&](const PlannedTrial&) { return place++ % shard.count != shard.index - 1; });
  return trials;
}

std::string seed_folder_name(std::uint64_t seed) { return fmt::format("seed-{:02}", seed); }

}  // namespace mirrortune
