#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace mirrortune {

/// One epoch as metrics.csv shows it.
struct EpochMetrics {
  int epoch = 0;              ///< epochs done, from 1
  double lr = 0;              ///< of this epoch
  double train_loss = 0;      ///< mean over the images, in train mode, as the weights moved
  double train_accuracy = 0;  ///< share of right images, likewise; NaN for an encoder
  double seconds = 0;         ///< this epoch's own
  double loss_sum = 0;        ///< sum of the batches' mean losses: what the published search compares
};

/// How far a training is, told after each step.
struct StepProgress {
  int epoch = 0;  ///< the running one, from 1
  int epochs = 0;
  std::int64_t images_done = 0;  ///< in this training, each epoch counted
  std::int64_t images_total = 0;
};

/// Hears of a training's progress, on the thread that trains.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_step(const StepProgress&) {}
  /// An epoch has ended: all of this training, the last is the new one.
  virtual void on_epoch(std::span<const EpochMetrics>) {}
  /// A sentence that a person should read: a damaged checkpoint, a winner at the edge of the rates searched.
  virtual void on_note(const std::string&) {}
};

}  // namespace mirrortune
