#include "train/training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>

#include <torch/torch.h>

#include "base/error.h"
#include "base/stream.h"
#include "models/layers.h"
#include "optim/schedule.h"
#include "train/detail/parameter_groups.h"
#include "train/detail/stop.h"

namespace mirrortune {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

torch::Tensor loss_of(const torch::Tensor& logits, const torch::Tensor& labels, double logit_l2) {
  const auto cross_entropy = torch::cross_entropy_loss(logits, labels);
  return logit_l2 > 0 ? cross_entropy + logit_l2 * logits.square().mean() : cross_entropy;
}

}  // namespace

/// Sums of one epoch, kept on the device: reading them each step would make the device wait for the host.
class Training::EpochSums {
 public:
  explicit EpochSums(torch::Device device)
      : batch_losses_(torch::zeros({}, torch::TensorOptions(device).dtype(torch::kFloat64))),
        image_losses_(torch::zeros_like(batch_losses_)),
        right_(torch::zeros({}, torch::TensorOptions(device).dtype(torch::kInt64))) {}

  void add(const torch::Tensor& loss, const torch::Tensor& logits, const torch::Tensor& labels) {
    const torch::NoGradGuard no_gradients;
    const auto value = loss.detach().to(torch::kFloat64);
    batch_losses_ += value;
    image_losses_ += value * labels.size(0);
    right_ += logits.detach().argmax(1).eq(labels).sum();
  }

  double batch_losses() const { return batch_losses_.item<double>(); }
  double image_losses() const { return image_losses_.item<double>(); }
  double right() const { return right_.item<double>(); }

 private:
  torch::Tensor batch_losses_;
  torch::Tensor image_losses_;
  torch::Tensor right_;
};

void require_trainable(const TrainOptions& options) {
  if (options.precision == Precision::automatic || options.precision == Precision::fp32) return;
  throw ConfigError({.what = "cannot train in the precision asked for",
                     .where = "train.precision",
                     .why = "this version trains in fp32",
                     .todo = "Say fp32 or auto"});
}

Training::Training(Network& network, const DeviceImages& images, TrainingOptions options)
    : network_(network),
      images_(images),
      options_(std::move(options)),
      optimizer_(std::vector<torch::optim::OptimizerParamGroup>{}, MirrorDescentOptions(options_.lr)) {
  require_trainable(options_.train);
  detail::ParameterGroups parameters = detail::parameter_groups(network, options_);
  for (const auto& group : parameters.groups) optimizer_.add_param_group(group);
  parameter_names_ = std::move(parameters.names);
}

double TrainingResult::seconds() const {
  double sum = 0;
  for (const auto& epoch : epochs) sum += epoch.seconds;
  return sum;
}

TrainingResult Training::run(TrainingObserver& observer, const std::function<void(int)>& after_epoch) {
  network_.train();
  for (auto epoch = static_cast<int>(result_.epochs.size()); epoch < options_.epochs && !result_.diverged;
       ++epoch) {
    result_.epochs.push_back(run_epoch(epoch, observer));
    result_.diverged = !std::isfinite(result_.final_loss());
    result_.counts.zeros = 0;  // those after the last step; the others are summed
    result_.counts += optimizer_.take_counts();
    observer.on_epoch(result_.epochs.back());
    if (after_epoch && !result_.diverged) after_epoch(epoch + 1);
  }
  return result_;
}

Checkpoint Training::checkpoint(const std::string& key) const {
  Checkpoint checkpoint{.key = key,
                        .epochs = result_.epochs,
                        .steps = result_.steps,
                        .counts = result_.counts,
                        .network = {},
                        .optimizer = optimizer_.named_state(parameter_names_)};
  for (const auto& entry : state_entries(network_)) checkpoint.network[entry.name] = entry.value;
  return checkpoint;
}

void Training::go_on_from(const Checkpoint& checkpoint) {
  const torch::NoGradGuard no_gradients;
  for (auto& entry : state_entries(network_)) entry.value.copy_(checkpoint.network.at(entry.name));
  optimizer_.load_named_state(parameter_names_, checkpoint.optimizer);
  result_ = {
      .diverged = false, .epochs = checkpoint.epochs, .steps = checkpoint.steps, .counts = checkpoint.counts};
}

Batch Training::batch_of(std::span<const std::int64_t> positions, int epoch) const {
  if (options_.augment == Augment::none) return images_.batch(positions);
  return images_.augmented_batch(positions, {options_.seed, static_cast<std::uint64_t>(epoch)});
}

void Training::step(const Batch& batch, EpochSums& sums) {
  optimizer_.zero_grad();
  network_.set_drop_key(DropKey{.seed = options_.seed, .step = static_cast<std::uint64_t>(result_.steps)});
  const auto logits = network_.forward(batch.images);
  const auto loss = loss_of(logits, batch.labels, options_.train.logit_l2);
  loss.backward();
  optimizer_.step();
  sums.add(loss, logits, batch.labels);
  ++result_.steps;
}

EpochMetrics Training::run_epoch(int epoch, TrainingObserver& observer) {
  const auto begin = Clock::now();
  const auto lr = cosine_lr(options_.lr, epoch, options_.epochs);
  optimizer_.set_lr(lr);
  const auto count = images_.count();
  const auto order =
      Stream(options_.seed, options_.order, static_cast<std::uint64_t>(epoch)).permutation(count);
  EpochSums sums(images_.device());
  for (std::int64_t first = 0; first < count; first += options_.train.batch_size) {
    stop_if_requested();
    const auto size = std::min(options_.train.batch_size, count - first);
    const auto positions =
        std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(size));
    step(batch_of(positions, epoch), sums);
    observer.on_step({.epoch = epoch + 1,
                      .epochs = options_.epochs,
                      .images_done = epoch * count + first + size,
                      .images_total = options_.epochs * count});
  }
  const auto images = static_cast<double>(count);
  return {.epoch = epoch + 1,
          .lr = lr,
          .train_loss = sums.image_losses() / images,
          .train_accuracy = sums.right() / images,
          .seconds = seconds_since(begin),
          .loss_sum = sums.batch_losses()};
}

}  // namespace mirrortune
