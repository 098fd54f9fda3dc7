#include "train/probe.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "train/detail/stop.h"

namespace mirrortune {
namespace {

std::vector<ComputePlan> open_plans(Precision precision, torch::Device device) {
  std::vector<Precision> precisions = {resolved(precision, device)};
  if (precision == Precision::automatic && device.is_cpu()) precisions.push_back(Precision::bf16);
  std::vector<ComputePlan> plans;
  for (const Precision one : precisions) {
    for (const MemoryLayout layout : {MemoryLayout::channels_last, MemoryLayout::contiguous}) {
      plans.push_back({.precision = one, .layout = layout});
    }
  }
  return plans;
}

/// Takes the steps in which what is made once is made.
void warm_up(Training& training) { training.take_steps(kEagerSteps + 1); }

/// Images per second of further steps, for about a second.
double measure(Training& training) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  std::int64_t images = 0;
  do {
    stop_if_requested();
    images += training.take_steps(1);
  } while (passed() < 1.0);
  return static_cast<double>(images) / passed();
}

bool is_possible(const ComputePlan& plan, torch::Device device) {
  try {
    require_precision(plan.precision, device);
    return true;
  } catch (const DeviceError&) {
    return false;
  }
}

}  // namespace

std::vector<ProbedPlan> probe_compute(const StartingPoint& start, const DeviceImages& images,
                                      const TrainingOptions& options) {
  std::vector<ProbedPlan> probed;
  for (const ComputePlan& plan : open_plans(options.train.precision, images.device())) {
    stop_if_requested();
    if (!is_possible(plan, images.device())) continue;
    TrainingOptions planned = options;
    planned.train.precision = plan.precision;
    const DeviceImages laid_out = images.in_layout(plan.layout);
    const auto network = start.make(options.seed, images.device(), plan.layout);
    Training training(*network, laid_out, planned);
    warm_up(training);
    probed.push_back({plan, measure(training)});
  }
  std::stable_sort(probed.begin(), probed.end(), [](const ProbedPlan& a, const ProbedPlan& b) {
    return a.images_per_second > b.images_per_second;
  });
  return probed;
}

double probe_side_by_side(const StartingPoint& start, const DeviceImages& images,
                          const TrainingOptions& options, int trainings) {
  const int threads = torch::get_num_threads();
  const auto count = static_cast<std::size_t>(trainings);
  std::vector<std::shared_ptr<Network>> networks(count);
  std::vector<std::unique_ptr<Training>> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    networks[i] = start.make(options.seed, images.device(), images.layout());
    all[i] = std::make_unique<Training>(*networks[i], images, options);
    warm_up(*all[i]);
  }
  std::vector<double> images_per_second(count);
  parallel_for(trainings, trainings, [&](std::int64_t i) {
    torch::set_num_threads(threads);
    const auto place = static_cast<std::size_t>(i);
    images_per_second[place] = measure(*all[place]);
  });
  return std::accumulate(images_per_second.begin(), images_per_second.end(), 0.0);
}

}  // namespace mirrortune
