#include "experiment/status.h"

#include <algorithm>
#include <map>
#include <set>

#include "experiment/detail/run_folder.h"
#include "train/checkpoint.h"

namespace mirrortune {
namespace {

/// Epochs that were trained, and how long they took.
struct Pace {
  double epochs = 0;
  double seconds = 0;

  void add(double more_epochs, double more_seconds) {
    epochs += more_epochs;
    seconds += more_seconds;
  }
  std::optional<double> seconds_per_epoch() const {
    return epochs > 0 ? std::optional(seconds / epochs) : std::nullopt;
  }
};

class Status {
 public:
  Status(const ExperimentOptions& options, const EpochSeconds& measured)
      : options_(options), measured_(measured), folder_(options.output_root / options.name) {}

  ExperimentStatus of(const std::vector<PlannedTrial>& trials) {
    ExperimentStatus status;
    for (const auto& trial : trials) status.trials.push_back(measured(trial));
    for (auto& one : status.trials) one.seconds_left = left(one);
    status.search_seconds_left = searches_left(status.trials);
    return status;
  }

 private:
  const CellOptions& cell_of(const PlannedTrial& trial) const { return options_.cells[trial.cell]; }

  /// All but the time left.
  TrialStatus measured(const PlannedTrial& trial) {
    TrialStatus status{
        .trial = trial, .row = folder_.row(cell_of(trial), trial.seed), .epochs = epochs_of(trial)};
    if (is_finished(status.row.state)) {
      status.epochs = status.epochs_done = status.row.epochs;
      status.seconds_spent = status.row.seconds;
    } else if (const auto progress =
                   newest_summary(RunFolder::checkpoints(folder_.trial(trial.cell_name, trial.seed)))) {
      status.epochs_done = progress->epochs;
      status.seconds_spent = progress->seconds;
    }
    for (auto* pace : {&pace_of_cell_[trial.cell_name], &pace_of_model_[trial.model]}) {
      pace->add(status.epochs_done, status.seconds_spent);
    }
    return status;
  }

  int epochs_of(const PlannedTrial& trial) const {
    const auto search = folder_.cell(trial.cell_name) / "search.json";
    const int configured = cell_of(trial).train.epochs;
    return std::filesystem::exists(search) ? read_json(search).value("epochs", configured) : configured;
  }

  std::optional<double> seconds_per_epoch(const PlannedTrial& trial) {
    if (const auto own = pace_of_cell_[trial.cell_name].seconds_per_epoch()) return own;
    if (const auto model = pace_of_model_[trial.model].seconds_per_epoch()) return model;
    const auto found = measured_.find(trial.cell_name);
    return found == measured_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<double> left(const TrialStatus& status) {
    if (is_finished(status.row.state)) return 0;
    const auto pace = seconds_per_epoch(status.trial);
    return pace ? std::optional(*pace * (status.epochs - status.epochs_done)) : std::nullopt;
  }

  /// As if no search were extended.
  std::optional<double> searches_left(const std::vector<TrialStatus>& trials) {
    double seconds = 0;
    std::set<std::size_t> counted;
    for (const auto& status : trials) {
      const PlannedTrial& trial = status.trial;
      const auto& cell = cell_of(trial);
      if (cell.lr.fixed || is_finished(status.row.state) || !counted.insert(trial.cell).second) continue;
      const auto done = read_search_table(folder_.cell(trial.cell_name) / "lr_search.csv").size();
      const auto missing = cell.lr.search.size() - std::min(done, cell.lr.search.size());
      if (missing == 0) continue;
      const auto pace = seconds_per_epoch(trial);
      if (!pace) return std::nullopt;
      seconds += *pace * static_cast<double>(missing) * cell.train.epochs;
    }
    return seconds;
  }

  const ExperimentOptions& options_;
  const EpochSeconds& measured_;
  RunFolder folder_;
  std::map<std::string, Pace> pace_of_cell_;
  std::map<std::string, Pace> pace_of_model_;
};

}  // namespace

ExperimentStatus status_of(const ExperimentOptions& options, const std::vector<PlannedTrial>& trials,
                           const EpochSeconds& measured) {
  return Status(options, measured).of(trials);
}

}  // namespace mirrortune
