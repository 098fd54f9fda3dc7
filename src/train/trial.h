#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "train/evaluate.h"
#include "train/start.h"
#include "train/state.h"
#include "train/training.h"

namespace mirrortune {

/// What a trial works on.
struct TrialInputs {
  const StartingPoint& start;
  const DeviceImages& images;
  const DeviceImages* holdout = nullptr;  ///< images outside every subset, for the accuracies; may be null
};

/// What decides a trial and where it leaves its files.
struct TrialOptions {
  TrainingOptions training = {};
  SnapshotOptions snapshots = {};
  double target_accuracy = 1.0;                      ///< under it the trial is kept and marked below_target
  std::map<std::string, std::string> metadata = {};  ///< of every snapshot; lr and epoch are added
  std::filesystem::path folder = {};                 ///< exists; gets the snapshots
  int checkpoint_every_epochs = 0;                   ///< 0: never
  std::string checkpoint_key = {};                   ///< a checkpoint with another key is not gone on from
};

/// How a trial went. Evaluations are in eval mode.
struct TrialResult {
  TrialState state = TrialState::pending;  ///< done, below_target or diverged
  TrainingResult training;
  Evaluation before;  ///< on the training images
  Evaluation after;   ///< NaN if diverged
  std::optional<double> holdout_accuracy_before;
  std::optional<double> holdout_accuracy_after;  ///< none if diverged
  double seconds = 0;                            ///< of the whole trial
};

/// One trial: finetunes the network from its start and keeps the weights before (init.safetensors), after
/// (final.safetensors), after the asked epochs (epoch-0010.safetensors) and, if asked, the whole final state
/// (model.safetensors). A trial that diverged keeps no weights after. Throws StoppedError, WriteError.
TrialResult run_trial(const TrialInputs& inputs, const TrialOptions& options, TrainingObserver& observer);

/// Where a trial keeps its checkpoint, under its folder. The caller removes it when the trial is recorded.
inline constexpr const char* kCheckpointFile = "checkpoint/state.safetensors";

}  // namespace mirrortune
