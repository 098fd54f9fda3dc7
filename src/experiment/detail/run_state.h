#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "experiment/detail/run_setup.h"
#include "experiment/run.h"
#include "train/observer.h"

namespace mirrortune {

/// What the threads of a run share. Whoever tells the observer, or uses the setup's rows and compute records
/// or the failed searches, holds the mutex.
struct RunState {
  RunSetup& setup;
  RunObserver& observer;
  std::mutex mutex = {};
  std::vector<std::string> failed_searches = {};  ///< names of their cells
  std::atomic<bool> failed_fast = false;          ///< a trial has failed, and no other is to begin
  std::atomic<bool> ending = false;               ///< an error ends the run: trainings stop, as on request

  /// Tells the observer: `tell([&](RunObserver& observer) { … })`.
  template <class F>
  void tell(F what) {
    const std::lock_guard lock(mutex);
    what(observer);
  }
};

/// Tells the run's observer of one thread's trainings, and of which training it is.
class TrainingVoice : public TrainingObserver {
 public:
  explicit TrainingVoice(RunState& run) : run_(run) {}

  /// The next training, of which all that follows tells. Its epochs so far are given to `keep` as each ends.
  void begin(TrainingStart training, std::function<void(std::span<const EpochMetrics>)> keep = {}) {
    training_ = std::move(training);
    keep_ = std::move(keep);
    run_.tell([&](RunObserver& observer) { observer.on_training(training_); });
  }
  /// Throws StoppedError once the run is ending.
  void on_step(const StepProgress& step) override {
    if (run_.ending) throw StoppedError({.what = "stopped, since an error ends the run"});
    run_.tell([&](RunObserver& observer) { observer.on_step(training_, step); });
  }
  void on_epoch(std::span<const EpochMetrics> epochs) override {
    if (keep_) keep_(epochs);
    run_.tell([&](RunObserver& observer) { observer.on_epoch(training_, epochs.back()); });
  }
  void on_note(const std::string& note) override {
    run_.tell([&](RunObserver& observer) { observer.on_note(note); });
  }

 private:
  RunState& run_;
  TrainingStart training_;
  std::function<void(std::span<const EpochMetrics>)> keep_;
};

}  // namespace mirrortune
