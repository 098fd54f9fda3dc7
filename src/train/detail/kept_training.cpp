#include "train/detail/kept_training.h"

namespace mirrortune {

KeptTraining::KeptTraining(Network& network, const DeviceImages& images, const TrainingOptions& options,
                           const CheckpointOptions& checkpoints, TrainingObserver& observer)
    : checkpoints_(checkpoints),
      training_(network, images, options),
      epochs_(options.epochs),
      observer_(observer) {
  if (!checkpoints_.keeps_any()) return;
  const auto checkpoint = checkpoints_.newest(observer);
  if (!checkpoint) return;
  training_.go_on_from(*checkpoint);
  earlier_seconds_ = training_.result().seconds() + checkpoint->seconds;
}

TrainingResult KeptTraining::run(const std::function<void(int)>& after_epoch) {
  return kept_at_a_stop([&] {
    return training_.run(observer_, [&](int epoch) {
      if (after_epoch) after_epoch(epoch);
      if (checkpoints_.is_due(epoch) && epoch < epochs_) checkpoints_.keep(training_.checkpoint());
    });
  });
}

}  // namespace mirrortune
