#include "train/trial.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "train/checkpoint.h"
#include "train/snapshot.h"

namespace mirrortune {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Writes one trial's weights at their moments.
class Snapshots {
 public:
  Snapshots(const Network& network, const TrialOptions& options) : network_(network), options_(options) {}

  void init() const { write_snapshot(options_.folder / "init.safetensors", network_, metadata(0)); }
  void after_epoch(int epoch) const {
    const auto& epochs = options_.snapshots.epochs;
    if (std::find(epochs.begin(), epochs.end(), epoch) == epochs.end()) return;
    write_snapshot(options_.folder / fmt::format("epoch-{:04}.safetensors", epoch), network_,
                   metadata(epoch));
  }
  void final() const {
    const auto last = metadata(options_.training.epochs);
    write_snapshot(options_.folder / "final.safetensors", network_, last);
    if (options_.snapshots.full) write_state(options_.folder / "model.safetensors", network_, last);
  }

 private:
  std::map<std::string, std::string> metadata(int epoch) const {
    auto entries = options_.metadata;
    entries["potential"] = options_.training.potential;
    entries["seed"] = std::to_string(options_.training.seed);
    entries["lr"] = format_number(options_.training.lr);
    entries["epoch"] = std::to_string(epoch);
    entries["head"] = network_.info().head;
    return entries;
  }

  const Network& network_;
  const TrialOptions& options_;
};

/// Goes on from the trial's checkpoint, if there is one of the same trial. Returns the seconds that were
/// spent before it.
double go_on(Training& training, const TrialOptions& options) {
  if (options.checkpoint_every_epochs == 0) return 0;
  const auto checkpoint = read_checkpoint(options.folder / kCheckpointFile, options.checkpoint_key);
  if (!checkpoint) return 0;
  training.go_on_from(*checkpoint);
  return training.result().seconds();
}

void keep_checkpoint(const Training& training, const TrialOptions& options, int epoch) {
  const int every = options.checkpoint_every_epochs;
  if (every == 0 || epoch % every != 0 || epoch == options.training.epochs) return;
  const auto path = options.folder / kCheckpointFile;
  make_folder(path.parent_path());
  write_checkpoint(path, training.checkpoint(options.checkpoint_key));
}

}  // namespace

TrialResult run_trial(const TrialInputs& inputs, const TrialOptions& options, TrainingObserver& observer) {
  const auto begin = std::chrono::steady_clock::now();
  const auto& images = inputs.images;
  const auto batch_size = options.training.train.batch_size;
  const auto network = inputs.start.make(options.training.seed, images.device(), images.layout());
  const Snapshots snapshots(*network, options);
  const auto holdout_accuracy = [&]() -> std::optional<double> {
    if (!inputs.holdout) return std::nullopt;
    return evaluate(*network, *inputs.holdout, batch_size).accuracy;
  };

  TrialResult result;
  result.before = evaluate(*network, images, batch_size);
  result.holdout_accuracy_before = holdout_accuracy();
  snapshots.init();
  Training training(*network, images, options.training);
  const double earlier_seconds = go_on(training, options);
  result.training = training.run(observer, [&](int epoch) {
    snapshots.after_epoch(epoch);
    keep_checkpoint(training, options, epoch);
  });
  if (!result.training.diverged) result.after = evaluate(*network, images, batch_size);
  if (result.training.diverged || !std::isfinite(result.after.loss)) {
    result.state = TrialState::diverged;
    result.after = {kNaN, kNaN};
  } else {
    result.state =
        result.after.accuracy < options.target_accuracy ? TrialState::below_target : TrialState::done;
    result.holdout_accuracy_after = holdout_accuracy();
    snapshots.final();
  }
  result.seconds =
      earlier_seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace mirrortune
