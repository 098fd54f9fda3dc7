#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "experiment/options.h"
#include "experiment/plan.h"
#include "train/observer.h"
#include "train/search_record.h"

namespace mirrortune {

/// What of an experiment to run, and on what.
struct RunRequest {
  TrialFilter only = {};
  /// Only this part of the trials, beside other processes that run the other parts.
  std::optional<Shard> shard = {};
  bool search_only = false;    ///< the learning-rate searches alone, no trial
  bool fresh = false;          ///< remove what another configuration left in the folders of the chosen trials
  bool allow_inexact = false;  ///< go on where the machine or the versions are others than before
  int threads = 0;             ///< 0: those of the run that is resumed, else all cores
  std::string device = "auto";  ///< see choose_device
};

/// A row of index.csv.
struct TrialRow {
  std::string cell = {};
  std::string model = {};
  std::string potential = {};
  std::uint64_t seed = 0;
  std::optional<double> lr = {};
  TrialState state = TrialState::pending;
  std::optional<double> train_loss = {};      ///< mean cross-entropy in eval mode, after training
  std::optional<double> train_accuracy = {};  ///< likewise
  std::optional<double> holdout_accuracy = {};
  int epochs = 0;
  double seconds = 0;
};

/// A training: of a trial, or of a cell's search.
struct TrainingStart {
  std::string cell = {};
  std::optional<std::uint64_t> seed = {};  ///< none: of the search
  double lr = 0;
  int epochs = 0;
  std::int64_t num_images = 0;
};

/// Hears of a run's progress. Trainings may run side by side, each on a thread of its own; one at a time is
/// heard.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// All chosen trials, those that are finished already among them.
  virtual void on_plan(std::span<const PlannedTrial>) {}
  virtual void on_decode(std::int64_t /*images_done*/, std::int64_t /*images_total*/) {}
  virtual void on_training(const TrainingStart&) {}
  virtual void on_step(const TrainingStart&, const StepProgress&) {}
  virtual void on_epoch(const TrainingStart&, const EpochMetrics&) {}
  virtual void on_search_training(const std::string& /*cell*/, const SearchTraining&) {}
  virtual void on_search(const std::string& /*cell*/, const SearchResult&) {}
  virtual void on_trial(const TrialRow&) {}
  /// A sentence that a person should read.
  virtual void on_note(const std::string&) {}
};

/// How a run ended.
struct RunSummary {
  std::filesystem::path folder = {};
  std::vector<TrialRow> trials = {};  ///< the chosen ones
  /// ok; all_diverged if every chosen trial diverged; some_failed if any failed.
  ExitCode exit_code = ExitCode::ok;
};

/// Runs the chosen trials that are not finished, a cell's learning-rate search before its first trial, and
/// writes the run directory output_root/name (without analysis/ and report/). A trial that throws is recorded
/// as failed and the run goes on. The caller holds the directory's lock (base/folder_lock.h).
///
/// A shard shares that lock with others. It claims each trial before it runs it and leaves those out that
/// another process has; a cell's search runs in one process while the others wait for its result. It leaves
/// index.csv to collect_run.
///
/// With `search_only` no trial runs, and a search that fails ends in an Error with ExitCode::some_failed once
/// the others are done.
///
/// Throws ResumeError naming the keys that differ if a chosen trial's folder, or its search, belongs to
/// another configuration, unless `fresh`; StoppedError after a stop request, what is finished is kept;
/// WriteError with the unfinished trial's files removed; and what reading weights and images throws, before
/// any trial starts.
RunSummary run_experiment(const ExperimentOptions& options, const RunRequest& request, RunObserver& observer);

/// Gathers what shards have done: index.csv of all trials of the configuration, from their records. The
/// caller holds the directory's lock alone. Throws MissingError where nothing was run, DataError for a record
/// that cannot be read.
RunSummary collect_run(const ExperimentOptions& options);

}  // namespace mirrortune
