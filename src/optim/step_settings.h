#pragma once

#include <cstdint>

#include "potential/potential.h"

namespace mirrortune {

/// What happened to the weights in one or more steps.
struct StepCounts {
  std::int64_t zeros = 0;  ///< weights that are exactly 0 after the last of these steps
  std::int64_t sign_flips =
      0;                     ///< changes from a positive to a negative weight or back, summed over the steps
  std::int64_t clamped = 0;  ///< dual increments beyond what the potential can take, summed over the steps
};

/// The options of a parameter group, checked and ready to step with.
struct StepSettings {
  double lr = 0.0;
  double momentum = 0.0;
  double dampening = 0.0;
  bool nesterov = false;
  double weight_decay = 0.0;
  Potential potential = PNorm{2.0};
  bool rms_normalized = false;
};

}  // namespace mirrortune
