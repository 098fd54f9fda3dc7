#pragma once

#include <vector>

#include "train/compute.h"
#include "train/images.h"
#include "train/start.h"
#include "train/training.h"

namespace mirrortune {

/// A plan and how fast it trains.
struct ProbedPlan {
  ComputePlan plan;
  double images_per_second = 0;
};

/// Trains a copy of the network for about a second under every plan that the options leave open (both
/// layouts; on a CPU with `auto` also bf16), on these images. The fastest is first. Results differ from time
/// to time: only for runs that need not be deterministic.
std::vector<ProbedPlan> probe_compute(const StartingPoint& start, const DeviceImages& images,
                                      const TrainingOptions& options);

/// Images per second of so many trainings side by side, all together: each trains a network of its own on a
/// thread of its own, as the options say, for about a second.
double probe_side_by_side(const StartingPoint& start, const DeviceImages& images,
                          const TrainingOptions& options, int trainings);

}  // namespace mirrortune
