#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mirrortune {

/// `automatic` (`auto` in configurations): fp32 on CPU, fp16 with a loss scaler on CUDA.
enum class Precision { automatic, fp32, bf16, fp16 };

/// What a configuration's `train:` says.
struct TrainOptions {
  int epochs = 30;                ///< ≥ 1
  std::int64_t batch_size = 256;  ///< ≥ 1; the last partial batch is kept
  Precision precision = Precision::automatic;
  double logit_l2 = 0.0;  ///< `loss.logit_l2`: coefficient of the mean squared logit, ≥ 0
};

/// How the winner of a search is chosen: by the loss summed over the batches of the last epoch, as published,
/// or the smallest learning rate whose training accuracy reaches the target.
enum class SearchSelect { lowest_loss, smallest_reaching_target };

/// What a configuration's `lr:` says.
struct SearchOptions {
  std::vector<double> search = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1};  ///< rates tried, increasing, > 0
  double target_accuracy = 1.0;  ///< training accuracy (eval mode) the winner must reach, in [0, 1]
  int extend_epochs = 30;        ///< epochs added by each repetition of the search
  int extend_times = 4;          ///< repetitions at most
  SearchSelect select = SearchSelect::lowest_loss;
  std::optional<double> fixed = {};  ///< this cell's rate: no search, no extension
};

/// What a configuration's `snapshots:` says; init and final are always kept.
struct SnapshotOptions {
  std::vector<int> epochs = {};  ///< further snapshots, after this many epochs
  bool full = false;             ///< also the whole final state dict, model.safetensors
  bool tensorboard = false;      ///< also event files that TensorBoard shows, one for each epoch
};

/// What a configuration's `runtime:` says.
struct RuntimeOptions {
  bool deterministic = true;  ///< same config, seed and threads: same bits
  /// A training keeps its state after every so many epochs and when it is stopped, to go on from there; 0:
  /// never.
  int checkpoint_every_epochs = 5;
};

}  // namespace mirrortune
