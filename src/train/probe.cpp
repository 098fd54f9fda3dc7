#include "train/probe.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
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

/// Images per second of training steps, for about so long.
double measure(Training& training, double seconds) {
  using Clock = std::chrono::steady_clock;
  training.take_steps(kEagerSteps + 1);
  const auto begin = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  std::int64_t images = 0;
  do {
    stop_if_requested();
    images += training.take_steps(1);
  } while (passed() < seconds);
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
    probed.push_back({plan, measure(training, /*seconds=*/1.0)});
  }
  std::stable_sort(probed.begin(), probed.end(), [](const ProbedPlan& a, const ProbedPlan& b) {
    return a.images_per_second > b.images_per_second;
  });
  return probed;
}

}  // namespace mirrortune
