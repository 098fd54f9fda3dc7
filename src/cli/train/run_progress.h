#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "cli/progress.h"
#include "experiment/run.h"

namespace mirrortune::cli {

/// Tells a run's progress on stderr: how many trials are finished; images per second, loss and time left of
/// each running training; a lasting line for each search and each trial.
class RunProgress : public RunObserver {
 public:
  RunProgress(const Globals& globals, const RunArguments& arguments)
      : verbose_(globals.verbose), fresh_(arguments.fresh), progress_(globals) {}

  void on_plan(std::span<const PlannedTrial> trials) override;
  void on_decode(std::int64_t images_done, std::int64_t images_total) override;
  void on_training(const TrainingStart& training) override;
  void on_step(const TrainingStart& training, const StepProgress& step) override;
  void on_epoch(const TrainingStart& training, const EpochMetrics& metrics) override;
  void on_search(const std::string& cell, const SearchResult& result) override;
  void on_trial(const TrialRow& trial) override;
  void on_note(const std::string& note) override;

  void line(const std::string& text) { progress_.line(text); }
  /// Every note so far.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// A training that is under way.
  struct Running {
    std::string name;  ///< "resnet18__2-norm seed 3 lr 0.1"
    double loss;       ///< of the last whole epoch; NaN before
    Clock::time_point started;
    StepProgress step = {};
    std::int64_t images_before = 0;  ///< of an earlier start, at the first step

    ProgressLine line() const;
  };
  /// By cell and seed, none for the search's.
  using Key = std::pair<std::string, std::optional<std::uint64_t>>;

  std::vector<ProgressLine> lines() const;

  bool verbose_;
  bool fresh_;  ///< what is finished is done again
  Progress progress_;
  std::size_t trials_ = 0;
  std::size_t finished_ = 0;
  std::map<Key, Running> running_;
  std::vector<std::string> notes_;
};

}  // namespace mirrortune::cli
