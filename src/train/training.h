#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataset/options.h"
#include "models/network.h"
#include "optim/loss_scaler.h"
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
  bool record_steps = true;  ///< on CUDA, where it can be done; the weights are the same either way
};

/// How a training went.
struct TrainingResult {
  bool diverged = false;  ///< the loss became NaN or infinite; `epochs` ends with the epoch in which it did
  std::vector<EpochMetrics> epochs = {};
  std::int64_t steps = 0;
  StepCounts counts = {};
  /// How steps were taken: "eager", "CUDA graph", or "eager: " and why no graph could be recorded.
  std::string step_mode = "eager";

  /// Of all epochs.
  double seconds() const;
  /// Sum of the batch losses of the last epoch; NaN or infinite if the training diverged.
  double final_loss() const { return epochs.back().loss_sum; }
};

class StepGraph;

/// Steps that LibTorch may take to choose its algorithms and to make its workspaces before one is recorded.
inline constexpr int kEagerSteps = 3;

/// Trains one network from its start: forward and loss in the precision asked for, weights always in float32.
/// On a CUDA device whole batches are steps of a recorded graph, which gives the same weights as eager steps;
/// what cannot be recorded (the last batch of an epoch, networks that drop, own potentials) is taken eagerly.
class Training {
 public:
  /// `network` is on the images' device.
  Training(Network& network, const DeviceImages& images, TrainingOptions options);
  ~Training();

  /// What it needs to go on from here in another process: between epochs, or where a stop ended it.
  Checkpoint checkpoint();
  /// Takes over a training of the same options from where it was; the network is changed to what it was then.
  void go_on_from(const Checkpoint& checkpoint);
  /// How it went so far.
  const TrainingResult& result() const { return result_; }

  /// Runs all epochs that are left, or up to divergence. `after_epoch` is called with the number of epochs
  /// done. A stop request ends it after the running step with StoppedError; it can then be kept, or run on.
  TrainingResult run(TrainingObserver& observer, const std::function<void(int)>& after_epoch = {});

  /// Takes steps over the first images and waits for the device, for measurements; the network is changed.
  /// Returns how many images that were. The first `kEagerSteps` + 1 steps of a training are slower.
  std::int64_t take_steps(int count);

 private:
  class EpochSums;

  /// The part of an epoch that is done.
  struct PartialEpoch {
    std::int64_t images = 0;  ///< in the epoch's order
    double seconds = 0;
  };

  EpochMetrics run_epoch(int epoch, TrainingObserver& observer);
  void add_counts();
  bool is_encoder() const;
  Batch batch_of(std::span<const std::int64_t> positions, int epoch) const;
  void step(const Batch& batch);
  void step_eagerly(const Batch& batch);
  bool may_record() const;
  void record_step();

  Network& network_;
  const DeviceImages& images_;
  TrainingOptions options_;
  MirrorDescent optimizer_;
  std::vector<std::string> parameter_names_;  ///< in the order of the optimiser's groups
  std::optional<LossScaler> scaler_;          ///< with fp16
  std::int64_t counted_steps_ = 0;            ///< of those in result_.steps, how many are in its counts
  PartialEpoch partial_;                      ///< of the running epoch
  std::unique_ptr<EpochSums> sums_;           ///< likewise
  Batch batch_;                               ///< whole batches of a recorded step, which stay where they are
  std::unique_ptr<StepGraph> graph_;          ///< once a step is recorded
  int steps_to_record_;  ///< eager ones still to take before one is recorded; −1: none ever is
  TrainingResult result_;
};

}  // namespace mirrortune
