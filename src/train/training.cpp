#include "train/training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include <torch/torch.h>

#include "base/error.h"
#include "base/stop.h"
#include "base/stream.h"
#include "models/layers.h"
#include "optim/schedule.h"
#include "train/detail/objective.h"
#include "train/detail/parameter_groups.h"
#include "train/detail/step_graph.h"
#include "train/detail/stop.h"

namespace mirrortune {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

/// Sums of one epoch, kept on the device: reading them each step would make the device wait for the host.
class Training::EpochSums {
 public:
  explicit EpochSums(torch::Device device)
      : batch_losses_(torch::zeros({}, torch::TensorOptions(device).dtype(torch::kFloat64))),
        image_losses_(torch::zeros_like(batch_losses_)),
        right_(torch::zeros({}, torch::TensorOptions(device).dtype(torch::kInt64))) {}

  void add(const Objective& objective, std::int64_t images) {
    const torch::NoGradGuard no_gradients;
    const auto value = objective.loss.detach().to(torch::kFloat64);
    batch_losses_ += value;
    image_losses_ += value * images;
    if (objective.right.defined()) right_ += objective.right;
  }

  /// Back to 0, in place: a recorded step adds to these tensors.
  void clear() {
    for (auto& sum : {batch_losses_, image_losses_, right_}) sum.zero_();
  }

  double batch_losses() const { return batch_losses_.item<double>(); }
  double image_losses() const { return image_losses_.item<double>(); }
  double right() const { return right_.item<double>(); }

  std::map<std::string, torch::Tensor> named() const {
    return {{"batch_losses", batch_losses_}, {"image_losses", image_losses_}, {"right", right_}};
  }
  /// In place, as clear().
  void load(const std::map<std::string, torch::Tensor>& sums) {
    for (auto& [name, sum] : named()) torch::Tensor(sum).copy_(sums.at(name));
  }

 private:
  torch::Tensor batch_losses_;
  torch::Tensor image_losses_;
  torch::Tensor right_;
};

Training::Training(Network& network, const DeviceImages& images, TrainingOptions options)
    : network_(network),
      images_(images),
      options_(std::move(options)),
      optimizer_(std::vector<torch::optim::OptimizerParamGroup>{}, MirrorDescentOptions(options_.lr)),
      sums_(std::make_unique<EpochSums>(images.device())),
      steps_to_record_(may_record() ? kEagerSteps : -1) {
  options_.train.precision = resolved(options_.train.precision, images.device());
  detail::ParameterGroups parameters = detail::parameter_groups(network, options_);
  for (const auto& group : parameters.groups) optimizer_.add_param_group(group);
  parameter_names_ = std::move(parameters.names);
  if (options_.train.precision == Precision::fp16) scaler_.emplace(images.device());
}

Training::~Training() = default;

double TrainingResult::seconds() const {
  double sum = 0;
  for (const auto& epoch : epochs) sum += epoch.seconds;
  return sum;
}

TrainingResult Training::run(TrainingObserver& observer, const std::function<void(int)>& after_epoch) {
  const StepStream stream(images_.device());
  network_.train();
  for (auto epoch = static_cast<int>(result_.epochs.size()); epoch < options_.epochs && !result_.diverged;
       ++epoch) {
    result_.epochs.push_back(run_epoch(epoch, observer));
    result_.diverged = !std::isfinite(result_.final_loss());
    add_counts();
    observer.on_epoch(result_.epochs);
    if (after_epoch && !result_.diverged) after_epoch(epoch + 1);
  }
  return result_;
}

void Training::add_counts() {
  if (std::exchange(counted_steps_, result_.steps) == result_.steps) return;
  result_.counts.zeros = 0;  // those after the last step; the others are summed
  result_.counts += optimizer_.take_counts();
}

Checkpoint Training::checkpoint() {
  add_counts();
  Checkpoint checkpoint{.epochs = result_.epochs,
                        .steps = result_.steps,
                        .counts = result_.counts,
                        .images_done = partial_.images,
                        .seconds = partial_.seconds,
                        .network = {},
                        .optimizer = optimizer_.named_state(parameter_names_),
                        .scaler = {},
                        .sums = sums_->named()};
  if (scaler_) checkpoint.scaler = scaler_->named_state();
  for (const auto& entry : state_entries(network_)) checkpoint.network[entry.name] = entry.value;
  return checkpoint;
}

void Training::go_on_from(const Checkpoint& checkpoint) {
  const torch::NoGradGuard no_gradients;
  for (auto& entry : state_entries(network_)) entry.value.copy_(checkpoint.network.at(entry.name));
  optimizer_.load_named_state(parameter_names_, checkpoint.optimizer);
  // One that was made in another precision has no scale: the scaler then begins anew.
  if (scaler_ && !checkpoint.scaler.empty()) scaler_->load_named_state(checkpoint.scaler);
  sums_->load(checkpoint.sums);
  counted_steps_ = checkpoint.steps;
  partial_ = {.images = checkpoint.images_done, .seconds = checkpoint.seconds};
  result_ = {
      .diverged = false, .epochs = checkpoint.epochs, .steps = checkpoint.steps, .counts = checkpoint.counts};
}

bool Training::is_encoder() const { return network_.info().kind == NetworkKind::image_encoder; }

Batch Training::batch_of(std::span<const std::int64_t> positions, int epoch) const {
  const auto which = static_cast<std::uint64_t>(epoch);
  if (is_encoder()) return images_.views_batch(positions, {.seed = options_.seed, .epoch = which});
  if (options_.augment == Augment::none) return images_.batch(positions);
  return images_.augmented_batch(positions, {options_.seed, which});
}

void Training::step_eagerly(const Batch& batch) {
  optimizer_.zero_grad();
  network_.set_drop_key(DropKey{.seed = options_.seed, .step = static_cast<std::uint64_t>(result_.steps)});
  const Objective objective = objective_of(network_, batch, options_.train);
  if (scaler_) {
    scaler_->scale(objective.loss).backward();
    optimizer_.step(*scaler_);
  } else {
    objective.loss.backward();
    optimizer_.step();
  }
  sums_->add(objective, batch.labels.size(0));
}

/// What a recorded step cannot do: draw on the host what is dropped, or tell the host of a bad gradient.
bool Training::may_record() const {
  return options_.record_steps && StepGraph::supports(images_.device()) && !drops_in_training(network_) &&
         options_.optimizer.nonfinite_gradients != NonfiniteGradients::error;
}

/// Records a step over `batch_`. If that fails, all steps are eager.
void Training::record_step() {
  auto graph = std::make_unique<StepGraph>();
  optimizer_.zero_grad();  // so that gradients are made anew in the graph's own memory
  try {
    graph->record([this] { step_eagerly(batch_); });
    graph_ = std::move(graph);
    result_.step_mode = "CUDA graph";
  } catch (const c10::Error& error) {
    result_.step_mode = std::string("eager: ") + error.what_without_backtrace();
  } catch (const Error& error) {
    result_.step_mode = std::string("eager: ") + error.what();
  }
  steps_to_record_ = -1;
}

void Training::step(const Batch& batch) {
  const bool whole = batch.labels.size(0) == options_.train.batch_size;
  if (whole && steps_to_record_ == 0) {
    batch_ = {.images = batch.images.clone(), .labels = batch.labels.clone()};
    record_step();
  } else if (whole && steps_to_record_ > 0) {
    --steps_to_record_;
  }
  if (whole && graph_) {
    batch_.images.copy_(batch.images);
    batch_.labels.copy_(batch.labels);
    optimizer_.refresh_captured_step();
    graph_->replay();
  } else {
    step_eagerly(batch);
  }
  ++result_.steps;
}

std::int64_t Training::take_steps(int count) {
  const StepStream stream(images_.device());
  network_.train();
  std::vector<std::int64_t> positions(
      static_cast<std::size_t>(std::min(options_.train.batch_size, images_.count())));
  std::iota(positions.begin(), positions.end(), 0);
  for (int i = 0; i < count; ++i) step(batch_of(positions, /*epoch=*/0));
  sums_->batch_losses();  // waits for the device
  return count * std::ssize(positions);
}

EpochMetrics Training::run_epoch(int epoch, TrainingObserver& observer) {
  const auto begin = Clock::now();
  const auto lr = cosine_lr(options_.lr, epoch, options_.epochs);
  optimizer_.set_lr(lr);
  const auto count = images_.count();
  const auto order =
      Stream(options_.seed, options_.order, static_cast<std::uint64_t>(epoch)).permutation(count);
  if (partial_.images == 0) sums_->clear();
  while (partial_.images < count) {
    if (stop_requested()) {
      partial_.seconds += seconds_since(begin);
      throw_stopped();
    }
    const std::int64_t first = partial_.images;
    const auto size = std::min(options_.train.batch_size, count - first);
    const auto positions =
        std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(size));
    step(batch_of(positions, epoch));
    partial_.images += size;
    observer.on_step({.epoch = epoch + 1,
                      .epochs = options_.epochs,
                      .images_done = epoch * count + first + size,
                      .images_total = options_.epochs * count});
  }
  const double seconds = std::exchange(partial_, {}).seconds + seconds_since(begin);
  const auto images = static_cast<double>(count);
  return {.epoch = epoch + 1,
          .lr = lr,
          .train_loss = sums_->image_losses() / images,
          .train_accuracy = is_encoder() ? std::numeric_limits<double>::quiet_NaN() : sums_->right() / images,
          .seconds = seconds,
          .loss_sum = sums_->batch_losses()};
}

}  // namespace mirrortune
