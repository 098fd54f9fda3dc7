#pragma once

#include <functional>

#include "base/error.h"
#include "train/checkpoint.h"
#include "train/training.h"

namespace mirrortune {

/// A training that goes on from its newest checkpoint and keeps new ones: as often as is asked for, and where
/// a stop ends it.
class KeptTraining {
 public:
  /// Throws as CheckpointFolder::newest. The observer lives as long.
  KeptTraining(Network& network, const DeviceImages& images, const TrainingOptions& options,
               const CheckpointOptions& checkpoints, TrainingObserver& observer);

  /// How it went up to now.
  const TrainingResult& so_far() const { return training_.result(); }
  /// What the part before this process took.
  double earlier_seconds() const { return earlier_seconds_; }

  /// As Training::run.
  TrainingResult run(const std::function<void(int)>& after_epoch = {});

  /// Calls `action`; if a stop ends it, the training is kept as it is. For what follows its last step.
  template <class Action>
  auto kept_at_a_stop(const Action& action) {
    try {
      return action();
    } catch (const StoppedError&) {
      if (training_.result().steps > 0) checkpoints_.keep(training_.checkpoint());
      throw;
    }
  }

 private:
  CheckpointFolder checkpoints_;
  Training training_;
  int epochs_;
  TrainingObserver& observer_;
  double earlier_seconds_ = 0;
};

}  // namespace mirrortune
