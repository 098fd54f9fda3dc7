#include "train/trial.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "train/detail/event_log.h"
#include "train/detail/kept_training.h"
#include "train/snapshot.h"

namespace mirrortune {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Writes one trial's weights at their moments, and what TensorBoard shows.
class Snapshots {
 public:
  Snapshots(const Network& network, const TrialOptions& options)
      : network_(network),
        options_(options),
        events_(options.snapshots.tensorboard ? options.folder / "tensorboard" : std::filesystem::path()) {}

  void init() const {
    write_snapshot(options_.folder / "init.safetensors", network_, metadata(0));
    events_.weights(network_, 0);
  }
  void after_epoch(const EpochMetrics& metrics) const {
    events_.metrics(metrics);
    const int epoch = metrics.epoch;
    const auto& epochs = options_.snapshots.epochs;
    if (std::find(epochs.begin(), epochs.end(), epoch) == epochs.end()) return;
    events_.weights(network_, epoch);
    write_snapshot(options_.folder / fmt::format("epoch-{:04}.safetensors", epoch), network_,
                   metadata(epoch));
  }
  void final() const {
    const auto last = metadata(options_.training.epochs);
    write_snapshot(options_.folder / "final.safetensors", network_, last);
    events_.weights(network_, options_.training.epochs);
    if (options_.snapshots.full) write_state(options_.folder / "model.safetensors", network_, last);
  }

 private:
  std::map<std::string, std::string> metadata(int epoch) const {
    auto entries = options_.metadata;
    entries["potential"] = options_.training.potential;
    entries["seed"] = std::to_string(options_.training.seed);
    entries["lr"] = format_number(options_.training.lr);
    entries["epoch"] = std::to_string(epoch);
    entries["head"] = snapshot_head(network_.info());
    return entries;
  }

  const Network& network_;
  const TrialOptions& options_;
  EventLog events_;
};

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
  KeptTraining training(*network, images, options.training, options.checkpoints, observer);
  const double earlier_seconds = training.earlier_seconds();
  result.training = training.run([&](int) { snapshots.after_epoch(training.so_far().epochs.back()); });
  if (!result.training.diverged) {
    result.after = training.kept_at_a_stop([&] { return evaluate(*network, images, batch_size); });
  }
  if (result.training.diverged || !std::isfinite(result.after.loss)) {
    result.state = TrialState::diverged;
    result.after = {kNaN, kNaN};
  } else {
    result.state =
        result.after.accuracy < options.target_accuracy ? TrialState::below_target : TrialState::done;
    result.holdout_accuracy_after = training.kept_at_a_stop(holdout_accuracy);
    snapshots.final();
  }
  result.seconds =
      earlier_seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace mirrortune
