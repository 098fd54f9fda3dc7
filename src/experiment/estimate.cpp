#include "experiment/estimate.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "experiment/detail/compute_record.h"
#include "train/device.h"
#include "train/images.h"
#include "train/start.h"
#include "train/training.h"

namespace mirrortune {
namespace {

constexpr std::int64_t kFewImages = 8;  ///< a CPU is as fast with few images as with many

std::shared_ptr<const Pixels> made_up_images(std::int64_t count, int resolution) {
  auto pixels = std::make_shared<Pixels>();
  pixels->count = count;
  pixels->resolution = resolution;
  const auto side = static_cast<std::size_t>(resolution);
  pixels->values.resize(static_cast<std::size_t>(count) * 3 * side * side);
  for (std::size_t i = 0; i < pixels->values.size(); ++i)
    pixels->values[i] = static_cast<std::uint8_t>(i * 37);
  pixels->labels.resize(static_cast<std::size_t>(count));
  return pixels;
}

double images_per_second(const CellOptions& cell, torch::Device device) {
  ModelOptions model = cell.model;
  model.weights = "none";
  model.reinit_head = false;
  const StartingPoint start(model);
  const auto count = device.is_cpu() ? std::min(cell.train.batch_size, kFewImages) : cell.train.batch_size;
  const DeviceImages images(made_up_images(count, cell.data.resolution), start.info(), device);
  const auto network = start.make(/*seed=*/0, device);
  TrainingOptions options{.potential = cell.potential};
  options.train = cell.train;
  options.optimizer = cell.optimizer;
  Training training(*network, images, options);
  training.take_steps(device.is_cpu() ? 1 : kEagerSteps + 1);
  const auto begin = std::chrono::steady_clock::now();
  const auto done = training.take_steps(1);
  return static_cast<double>(done) /
         std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

EpochSeconds measure_epochs(const ExperimentOptions& options, const std::vector<PlannedTrial>& trials,
                            const std::string& device, int threads) {
  const auto chosen = choose_device(device);
  prepare_compute({.threads = threads});
  std::map<std::string, double> speeds;  // potentials differ by nothing that could be seen here
  EpochSeconds seconds;
  for (const auto& trial : trials) {
    const auto& cell = options.cells[trial.cell];
    if (seconds.contains(cell.name)) continue;
    const auto [speed, fresh] = speeds.try_emplace(compute_key(cell, device));
    if (fresh) speed->second = images_per_second(cell, chosen);
    seconds[cell.name] = static_cast<double>(trial.num_images) / speed->second;
  }
  return seconds;
}

}  // namespace mirrortune
