#include "cli/runs/run_directory.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "analysis/trial_records.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/configuration.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStates[] = {"pending", "running", "done", "below_target", "diverged", "failed"};

RunTrial trial_of(const TrialRecord& record) {
  const auto file = (record.folder / "trial.json").string();
  try {
    RunTrial trial{.cell = record.json.at("cell").get<std::string>(),
                   .model = record.json.at("model").get<std::string>(),
                   .potential = record.json.at("potential").get<std::string>(),
                   .seed = record.json.at("seed").get<std::uint64_t>(),
                   .state = record.json.at("state").get<std::string>(),
                   .folder = record.folder,
                   .record = record.json};
    if (std::ranges::find(kStates, trial.state) == std::end(kStates)) {
      throw DataError({.what = "cannot read", .where = file, .why = "its state is '" + trial.state + "'"});
    }
    return trial;
  } catch (const Json::exception& error) {
    throw DataError({.what = "cannot read", .where = file, .why = error.what()});
  }
}

/// The trials of the configuration, each with its record, then records that it does not ask for.
std::vector<RunTrial> trials_of(const ExperimentOptions& options, const fs::path& path) {
  std::map<std::pair<std::string, std::uint64_t>, RunTrial> recorded;
  for (auto& trial : recorded_trials(path)) recorded.insert_or_assign({trial.cell, trial.seed}, trial);
  std::vector<RunTrial> trials;
  for (const auto& cell : options.cells) {
    for (const std::uint64_t seed : options.seeds) {
      auto node = recorded.extract({cell.name, seed});
      trials.push_back(
          node ? std::move(node.mapped())
               : RunTrial{
                     .cell = cell.name, .model = cell.model.name, .potential = cell.potential, .seed = seed});
    }
  }
  for (auto& [key, trial] : recorded) trials.push_back(std::move(trial));
  return trials;
}

void find_below(const fs::path& folder, std::vector<fs::path>& found) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (hidden || !entry->is_directory(ignored)) continue;
    if (is_run_directory(entry->path())) {
      found.push_back(entry->path());
    } else if (!entry->is_symlink(ignored)) {
      find_below(entry->path(), found);
    }
  }
}

std::string utc(fs::file_time_type time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(fs::file_time_type::clock::to_sys(time));
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

}  // namespace

bool is_run_directory(const fs::path& path) {
  std::error_code ignored;
  const auto parts = {"config.yaml", "manifest.json", "cells", ".lock"};
  return fs::is_directory(path, ignored) && std::ranges::count_if(parts, [&](const char* part) {
                                              return fs::exists(path / part, ignored);
                                            }) >= 2;
}

void require_run_directory(const std::string& what, const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::none) throw_read_error(what, path.string(), error.value());
  if (!fs::exists(status)) throw_read_error(what, path.string(), ENOENT);
  if (!is_run_directory(path)) {
    throw DataError({.what = what,
                     .where = path.string(),
                     .why = "it is no run directory: it has no config.yaml and manifest.json",
                     .safe = "Nothing was changed",
                     .todo = "Give the folder that 'mirrortune run' wrote; 'mirrortune runs ls' lists them"});
  }
}

RunDirectory read_run_directory(const fs::path& path) {
  require_run_directory("cannot read the run", path);
  RunDirectory run{.path = path, .manifest = read_json(path / "manifest.json"), .options = {}, .trials = {}};
  if (!run.manifest.is_object()) {
    throw DataError(
        {.what = "cannot read", .where = (path / "manifest.json").string(), .why = "it is no JSON object"});
  }
  run.options = load_configuration(path / "config.yaml", {});
  run.trials = trials_of(run.options, path);
  return run;
}

std::vector<RunTrial> recorded_trials(const fs::path& run_directory) {
  std::vector<RunTrial> trials;
  for (const auto& record : trial_records(run_directory)) trials.push_back(trial_of(record));
  return trials;
}

std::string name_of(const fs::path& path) {
  std::error_code ignored;
  fs::path whole = fs::absolute(path, ignored).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.filename().string();
}

std::vector<fs::path> find_run_directories(const fs::path& root) {
  if (is_run_directory(root)) return {root};
  std::error_code error;
  fs::directory_iterator readable(root, error);
  if (error) throw_read_error("cannot list runs", root.string(), error.value());
  std::vector<fs::path> found;
  find_below(root, found);
  std::ranges::sort(found);
  return found;
}

FolderUse use_of(const fs::path& folder) {
  FolderUse use;
  std::optional<fs::file_time_type> last;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (!fs::is_regular_file(entry->symlink_status(gone)) || gone) continue;
    const auto bytes = entry->file_size(gone);
    if (!gone) use.bytes += bytes;
    const auto time = entry->last_write_time(gone);
    if (!gone && entry->path().filename() != ".lock") last = std::max(last.value_or(time), time);
  }
  if (last) use.last_change = utc(*last);
  return use;
}

Json count_states(const std::vector<RunTrial>& trials) {
  Json counts = {{"all", trials.size()}};
  for (const char* state : kStates) counts[state] = std::ranges::count(trials, state, &RunTrial::state);
  return counts;
}

std::string text_at(const Json& document, const std::string& path) {
  const Json* at = &document;
  for (const auto& key : split(path, '.')) {
    const auto found = at->is_object() ? at->find(key) : at->end();
    if (!at->is_object() || found == at->end()) return "–";
    at = &*found;
  }
  return at->is_string() ? at->get<std::string>() : at->dump();
}

}  // namespace mirrortune::cli
