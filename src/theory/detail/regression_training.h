#pragma once

#include <span>
#include <string>
#include <vector>

#include "theory/detail/regression_gradient.h"

namespace mirrortune::detail {

/// How one regression is trained.
struct RegressionTraining {
  std::string potential;
  double lr;
  int epochs;
};

struct TrainedRegression {
  std::vector<float> weights;
  double loss;  ///< mean squared error before the last step; NaN or infinite if the training diverged
};

/// What all trainings have in common.
struct RegressionSetting {
  RegressionData data;
  std::span<const float> start;
  double momentum;
  int threads;
};

/// Trains all of them side by side, which reads the data from memory once for each epoch. A training's
/// numbers depend neither on its neighbours nor on the number of threads.
std::vector<TrainedRegression> train_regressions(const RegressionSetting& setting,
                                                 std::span<const RegressionTraining> trainings);

}  // namespace mirrortune::detail
