#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/progress.h"
#include "experiment/run.h"

namespace mirrortune::cli {

/// Tells a run's progress on stderr: images per second, loss and time left of the running training, a line
/// for each search and each trial.
class RunProgress : public RunObserver {
 public:
  RunProgress(const Globals& globals, const RunArguments& arguments)
      : verbose_(globals.verbose), fresh_(arguments.fresh), progress_(globals) {}

  void on_plan(std::span<const PlannedTrial> trials) override;
  void on_decode(std::int64_t images_done, std::int64_t images_total) override;
  void on_training(const TrainingStart& training) override;
  void on_step(const StepProgress& step) override;
  void on_epoch(const EpochMetrics& metrics) override;
  void on_search(const std::string& cell, const SearchResult& result) override;
  void on_trial(const TrialRow& trial) override;
  void on_note(const std::string& note) override;

  void line(const std::string& text) { progress_.line(text); }
  /// Every note so far.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool verbose_;
  bool fresh_;  ///< what is finished is done again
  Progress progress_;
  std::size_t trials_ = 0;
  std::size_t finished_ = 0;
  std::string training_;  ///< "resnet18__2-norm seed 3 lr 0.1"
  std::vector<std::string> notes_;
  double loss_ = 0;  ///< of the last whole epoch
  Clock::time_point started_;
};

}  // namespace mirrortune::cli
