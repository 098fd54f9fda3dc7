#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "train/checkpoint.h"
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
  CheckpointOptions checkpoints = {};
};

/// How a trial went. Evaluations are in eval mode.
struct TrialResult {
  TrialState state = TrialState::pending;  ///< done, below_target or diverged
  TrainingResult training;
  Evaluation before;  ///< on the training images; an encoder has no accuracy, and none to reach
  Evaluation after;   ///< NaN if diverged
  std::optional<double> holdout_accuracy_before;
  std::optional<double> holdout_accuracy_after;  ///< none if diverged
  double seconds = 0;                            ///< of the whole trial
};

/// One trial: finetunes the network from its start and keeps the weights before (init.safetensors), after
/// (final.safetensors), after the asked epochs (epoch-0010.safetensors) and, if asked, the whole final state
/// (model.safetensors). A trial that diverged keeps no weights after.
///
/// Goes on from its newest checkpoint; the caller removes them when the trial is recorded. A stop request
/// leaves one more and ends with StoppedError. Throws WriteError, and ResumeError as CheckpointFolder.
TrialResult run_trial(const TrialInputs& inputs, const TrialOptions& options, TrainingObserver& observer);

}  // namespace mirrortune
