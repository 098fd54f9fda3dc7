#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "dataset/options.h"
#include "models/network.h"
#include "optim/mirror_descent.h"
#include "optim/options.h"
#include "train/checkpoint.h"
#include "train/images.h"
#include "train/observer.h"
#include "train/options.h"

namespace mirrortune {

/// What decides a training, besides the network's start and its images.
struct TrainingOptions {
  std::string potential = {};  ///< canonical text
  double lr = 0.1;             ///< of epoch 0; falls by a cosine, constant within an epoch
  int epochs = 30;
  std::uint64_t seed = 0;         ///< of the order of images, of augmentation and of dropping layers
  std::string order = "shuffle";  ///< purpose of the stream that orders the images of each epoch
  TrainOptions train = {};        ///< `epochs` of it is not read: a search may have extended it
  OptimizerOptions optimizer = {};
  Augment augment = Augment::none;
};

/// How a training went.
struct TrainingResult {
  bool diverged = false;  ///< the loss became NaN or infinite; `epochs` ends with the epoch in which it did
  std::vector<EpochMetrics> epochs = {};
  std::int64_t steps = 0;
  StepCounts counts = {};

  /// Of all epochs.
  double seconds() const;
  /// Sum of the batch losses of the last epoch; NaN or infinite if the training diverged.
  double final_loss() const { return epochs.back().loss_sum; }
};

/// Throws ConfigError for what this version cannot train: any precision but fp32 (`auto` is fp32).
void require_trainable(const TrainOptions& options);

/// Trains one network from its start.
class Training {
 public:
  /// `network` is on the images' device. Throws as require_trainable.
  Training(Network& network, const DeviceImages& images, TrainingOptions options);

  /// What it needs to go on from here in another process; called between epochs.
  Checkpoint checkpoint(const std::string& key) const;
  /// Takes over a training of the same options from where it was; the network is changed to what it was then.
  void go_on_from(const Checkpoint& checkpoint);
  /// How it went so far.
  const TrainingResult& result() const { return result_; }

  /// Runs all epochs that are left, or up to divergence. `after_epoch` is called with the number of epochs
  /// done. A stop request ends it after the running step with StoppedError.
  TrainingResult run(TrainingObserver& observer, const std::function<void(int)>& after_epoch = {});

 private:
  class EpochSums;

  EpochMetrics run_epoch(int epoch, TrainingObserver& observer);
  Batch batch_of(std::span<const std::int64_t> positions, int epoch) const;
  void step(const Batch& batch, EpochSums& sums);

  Network& network_;
  const DeviceImages& images_;
  TrainingOptions options_;
  MirrorDescent optimizer_;
  std::vector<std::string> parameter_names_;  ///< in the order of the optimiser's groups
  TrainingResult result_;
};

}  // namespace mirrortune
