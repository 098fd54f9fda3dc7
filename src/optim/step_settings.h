#pragma once

#include <cstdint>

#include "optim/options.h"
#include "potential/potential.h"

namespace mirrortune {

/// What happened to the weights in one or more steps.
struct StepCounts {
  std::int64_t zeros = 0;  ///< weights that are exactly 0 after the last of these steps
  std::int64_t sign_flips =
      0;                     ///< changes from a positive to a negative weight or back, summed over the steps
  std::int64_t clamped = 0;  ///< dual increments beyond what the potential can take, summed over the steps
  std::int64_t skipped = 0;  ///< steps not taken since a gradient was not finite

  StepCounts& operator+=(const StepCounts& other) {
    zeros += other.zeros;
    sign_flips += other.sign_flips;
    clamped += other.clamped;
    skipped += other.skipped;
    return *this;
  }
  bool operator==(const StepCounts&) const = default;
};

/// What the step of one weight follows besides its potential: plain numbers, which device code may read from
/// its memory. The fields are those of MirrorDescentOptions.
struct StepNumbers {
  double lr = 0.0;
  double momentum = 0.0;
  double dampening = 0.0;
  bool nesterov = false;
  double weight_decay = 0.0;
  Decay decay = Decay::coupled;
  double second_moment = 0.0;
  double epsilon = 1e-8;
  Form form = Form::mirror_descent;
  ZeroPolicy zeros = ZeroPolicy::keep;
  double zero_eps = 1e-8;

  /// Whether a weight's step reads its weight, gradient and velocity only: the loops then need no stages.
  bool is_plain() const {
    return second_moment == 0.0 && form == Form::mirror_descent && zeros == ZeroPolicy::keep &&
           (decay == Decay::coupled || weight_decay == 0.0);
  }
};

/// The options of a parameter group, checked and ready to step with.
struct StepSettings : StepNumbers {
  Potential potential = PNorm{2.0};
  Normalization normalization = Normalization::none;
  double clip_norm = 0.0;
  double pair_beta = 0.01;
  NonfiniteGradients nonfinite_gradients = NonfiniteGradients::propagate;
};

}  // namespace mirrortune
