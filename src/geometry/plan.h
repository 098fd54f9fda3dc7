#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "geometry/simulate.h"

namespace mirrortune {

/// How two geometries are told apart.
enum class PlanTest {
  likelihood,  ///< the true one gets the greater likelihood
  rejection,   ///< ΔCDF under the alternative is refused as Gaussian at the level of 5 %
  delta_cdf    ///< ΔCDF under the true one is the smaller
};

/// An experiment that is planned. Its synapses are those of `synapses`, whose potential is the true one.
struct PlanOptions {
  SimulateOptions synapses = {};
  std::string alternative = "2-norm";
  PlanTest test = PlanTest::likelihood;
  double power = 0.95;  ///< probability of the right answer, in (0.5, 1)
  std::int64_t n = 0;   ///< synapses there will be, and the power is asked for; 0: the number is asked for
  int simulations = 0;  ///< experiments simulated at each n; 0: by the formula
  int threads = 1;      ///< 0: all cores; the result does not depend on it
};

struct PlanPoint {
  std::int64_t n = 0;
  double power = 0;
  double error = 0;  ///< standard error of a simulated power; 0 by the formula
};

struct Plan {
  std::int64_t n =
      0;             ///< the fewest synapses with the power asked for, those counted that are seen only once
  double power = 0;  ///< at n
  std::vector<PlanPoint> curve;  ///< by rising n, from a quarter to four times it
  std::vector<std::string> notes;
};

/// No more synapses than this are searched through.
inline constexpr std::int64_t kMostSynapses = 1 << 17;

/// W1 from N(0, 1) of standardised changes that are a scale mixture of Gaussians with factor e^(τZ), Z ~ N(0,
/// 1): changes made by one power and looked at under another, τ = abs(Δλ)·log-sd of the sizes.
double scale_mixture_w1(double tau);

/// By the formula, for powers (negative entropy, p-norms) without noise and loss: with τ as above,
/// likelihood: Φ(τ√(n/2)), as λ̂ has the sd 0.707/(s√n); rejection: Φ((√n·W1(τ) − 2.07)/0.72). Too few below
/// 100: simulate. By simulation: how often so many experiments, the same at every n, give the right answer;
/// the fewest n by doubling and bisection. Throws UsageError for options out of range, for a formula that
/// does not exist, and if kMostSynapses are too few.
Plan plan_experiment(const PlanOptions& options);

}  // namespace mirrortune
