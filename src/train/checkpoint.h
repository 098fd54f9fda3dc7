#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "optim/mirror_descent.h"
#include "train/observer.h"

namespace mirrortune {

/// A training between two steps: all that is needed to go on with the same bits. The random streams are
/// counter-based: where they are follows from the epochs and images that are done.
struct Checkpoint {
  std::vector<EpochMetrics> epochs = {};  ///< those that are done
  std::int64_t steps = 0;
  StepCounts counts = {};
  std::int64_t images_done = 0;                         ///< of the running epoch, in its order
  double seconds = 0;                                   ///< that these took
  std::map<std::string, torch::Tensor> network = {};    ///< state dict
  std::map<std::string, torch::Tensor> optimizer = {};  ///< MirrorDescent::named_state
  std::map<std::string, torch::Tensor> scaler = {};     ///< LossScaler::named_state; empty without one
  std::map<std::string, torch::Tensor> sums = {};       ///< losses and right answers of the running epoch
};

/// Where a training keeps its checkpoints, and which of them it may go on from.
struct CheckpointOptions {
  std::filesystem::path folder = {};  ///< of this training alone
  int every_epochs = 0;               ///< besides the one at a stop; 0: none are kept, not even at a stop
  /// What the trial or search is, key by key; the caller looks after it (newest_summary).
  std::map<std::string, std::string> identity = {};
  std::string key = {};  ///< which training of it this is: checkpoints of another are removed
  /// What the bits depend on besides: threads, device, versions. Another value is refused.
  std::map<std::string, std::string> environment = {};
  bool allow_inexact = false;  ///< go on in another environment; the bits then differ
};

/// The checkpoints of one training: `step-00000120/` with `state.safetensors` (the tensors, named
/// `network.<name>`, `optimizer.<name>`, `scaler.<name>`, `sums.<name>`), `training.json` (the rest) and
/// `manifest.json` (size and SHA-256 of these two). Each appears whole or not at all; the newest two are
/// kept.
class CheckpointFolder {
 public:
  explicit CheckpointFolder(CheckpointOptions options) : options_(std::move(options)) {}

  bool keeps_any() const { return options_.every_epochs > 0; }
  bool is_due(int epochs_done) const { return keeps_any() && epochs_done % options_.every_epochs == 0; }

  /// Throws WriteError or PermissionError; the newest of the older checkpoints that is whole stays.
  void keep(const Checkpoint& checkpoint);
  /// The newest one that is whole; what is not is told to the observer. None if there is none, or if they are
  /// of another training, and are then removed. Throws ResumeError naming what differs if it was made in
  /// another environment.
  std::optional<Checkpoint> newest(TrainingObserver& observer);

 private:
  /// Tells the newer ones that are not, and why. Empty if none is.
  std::filesystem::path newest_whole(
      const std::function<void(const std::filesystem::path&, const std::string&)>& on_defect) const;
  void remove_all_but_last_whole() const;

  CheckpointOptions options_;
  /// The newest one that is known to be whole, so that the others may go; empty if there is none, not set
  /// before anyone looked.
  std::optional<std::filesystem::path> last_whole_;
};

/// How far a training is, and what it is of.
struct CheckpointSummary {
  std::map<std::string, std::string> identity = {};
  int epochs = 0;      ///< done
  double seconds = 0;  ///< spent
};

/// Of the newest checkpoint in a folder, whose tensors are not looked at. None if there is none that can be
/// read.
std::optional<CheckpointSummary> newest_summary(const std::filesystem::path& folder);

/// Does this folder hold a checkpoint?
bool holds_checkpoint(const std::filesystem::path& folder);

}  // namespace mirrortune
