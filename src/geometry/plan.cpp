#include "geometry/plan.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "analysis/normal.h"
#include "analysis/potentials.h"
#include "analysis/statistics.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stop.h"

#include "geometry/change_model.h"

namespace mirrortune {
namespace {

/// √n·ΔCDF of Gaussian changes: its 95 % quantile, and how much it scatters about √n·W1 (mathematics.md §5).
constexpr double kNullQuantile = 2.07, kScatter = 0.72;
constexpr std::int64_t kFewest = 4;

[[noreturn]] void refuse(const std::string& why, const std::string& todo = "") {
  throw UsageError({.what = "cannot plan the experiment", .why = why, .todo = todo});
}

/// The power of n synapses.
class Power {
 public:
  virtual ~Power() = default;
  virtual PlanPoint at(std::int64_t n) const = 0;
};

class FormulaPower : public Power {
 public:
  explicit FormulaPower(const PlanOptions& options) : test_(options.test) {
    const auto truth = power_of(potential_named(options.synapses.potential)),
               other = power_of(potential_named(options.alternative));
    const std::string todo = "Ask for a simulation with --simulate";
    if (!truth || !other) refuse("the formula knows negative entropy and p-norms only", todo);
    if (options.synapses.noise_cv > 0 || options.synapses.noise_add > 0) {
      refuse("the formula knows nothing of measurement noise", todo);
    }
    if (test_ == PlanTest::delta_cdf) refuse("there is no formula for the smaller ΔCDF", todo);
    tau_ = std::fabs(*truth - *other) * options.synapses.log_sd;
    if (!(tau_ > 0)) refuse("the two geometries do not differ for these sizes");
    w1_ = scale_mixture_w1(tau_);
  }

  PlanPoint at(std::int64_t n) const override {
    const double root = std::sqrt(static_cast<double>(n));
    const double z = test_ == PlanTest::likelihood ? tau_ * root / std::sqrt(2.0)
                                                   : (root * w1_ - kNullQuantile) / kScatter;
    return {n, normal_cdf(z), 0};
  }

 private:
  PlanTest test_;
  double tau_ = 0, w1_ = 0;
};

class SimulatedPower : public Power {
 public:
  explicit SimulatedPower(const PlanOptions& options)
      : options_(options),
        truth_(potential_named(options.synapses.potential)),
        alternative_(potential_named(options.alternative)) {
    model_options_.measurement = {.cv = options.synapses.noise_cv,
                                  .add = options.synapses.noise_add * std::exp(options.synapses.log_mean),
                                  .detection_limit = {}};
    if (options.synapses.detection_limit >= 0) {
      model_options_.measurement.detection_limit = options.synapses.detection_limit;
    }
  }

  PlanPoint at(std::int64_t n) const override {
    std::vector<char> right(static_cast<std::size_t>(options_.simulations));
    parallel_for(options_.simulations, options_.threads, [&](std::int64_t run) {
      right[static_cast<std::size_t>(run)] = is_right(n, static_cast<std::uint64_t>(run));
    });
    const auto count = static_cast<double>(std::count(right.begin(), right.end(), 1));
    const double power = count / options_.simulations;
    return {n, power, std::sqrt(power * (1 - power) / options_.simulations)};
  }

 private:
  bool is_right(std::int64_t n, std::uint64_t run) const {
    if (stop_requested()) throw StoppedError({.what = "the plan was stopped", .todo = "Run it again"});
    SimulateOptions synapses = options_.synapses;
    synapses.n = n;
    synapses.seed = synapses.seed * 1'000'003 + run;
    const ChangedPairs pairs(simulate_pairs(synapses).pairs);
    if (pairs.size() < 2) return false;
    switch (options_.test) {
      case PlanTest::likelihood:
        return log_likelihood(pairs, truth_) > log_likelihood(pairs, alternative_);
      case PlanTest::rejection: {
        const double root = std::sqrt(static_cast<double>(pairs.size()));
        return root * delta_cdf(pairs, alternative_) > kNullQuantile;
      }
      case PlanTest::delta_cdf:
        return delta_cdf(pairs, truth_) < delta_cdf(pairs, alternative_);
    }
    return false;
  }

  double log_likelihood(const ChangedPairs& pairs, const Potential& potential) const {
    return make_model(pairs, PotentialGeometry{potential}, model_options_)->fit().log_likelihood;
  }

  static double delta_cdf(const ChangedPairs& pairs, const Potential& potential) {
    const PotentialGeometry geometry{potential};
    std::vector<double> changes;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      changes.push_back(geometry.change(pairs.before()[i], pairs.after()[i]));
    }
    return change_statistics(changes).delta_cdf;
  }

  PlanOptions options_;
  Potential truth_, alternative_;
  ChangeModelOptions model_options_;
};

/// The fewest synapses with that power, by doubling and bisection.
std::int64_t fewest(const Power& power, double wanted) {
  std::int64_t enough = kFewest;
  while (power.at(enough).power < wanted) {
    if (enough >= kMostSynapses) {
      refuse("not even " + std::to_string(kMostSynapses) + " synapses tell these geometries apart so often");
    }
    enough *= 2;
  }
  std::int64_t few = enough == kFewest ? kFewest - 1 : enough / 2;
  while (enough - few > 1) {
    const std::int64_t middle = (enough + few) / 2;
    (power.at(middle).power < wanted ? few : enough) = middle;
  }
  return enough;
}

void check_options(const PlanOptions& options) {
  if (!(options.power > 0.5 && options.power < 1)) refuse("the power must lie between 0.5 and 1");
  if (options.n != 0 && options.n < kFewest) refuse("fewer than 4 synapses tell nothing");
  if (options.n > kMostSynapses)
    refuse("more than " + std::to_string(kMostSynapses) + " synapses are not planned for");
  if (options.synapses.process != ChangeProcess::potential) refuse("the true process must be a potential");
}

}  // namespace

double scale_mixture_w1(double tau) {
  // F(x) = E Φ(x/s) over the standardised scales s = e^(τZ − τ²); F − Φ is odd, and ∫ over x > 0 is doubled.
  constexpr int kScales = 400, kSteps = 2000;
  constexpr double kReach = 8, kEnd = 40;
  double w1 = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double x = kEnd * std::pow((i + 0.5) / kSteps, 2), step = 2 * kEnd * (i + 0.5) / kSteps / kSteps;
    double cdf = 0, mass = 0;
    for (int k = 0; k < kScales; ++k) {
      const double z = kReach * (2.0 * (k + 0.5) / kScales - 1), weight = std::exp(-z * z / 2);
      cdf += weight * normal_cdf(x / std::exp(tau * z - tau * tau));
      mass += weight;
    }
    w1 += 2 * std::fabs(cdf / mass - normal_cdf(x)) * step;
  }
  return w1;
}

Plan plan_experiment(const PlanOptions& options) {
  check_options(options);
  std::unique_ptr<Power> power;
  if (options.simulations > 0) {
    power = std::make_unique<SimulatedPower>(options);
  } else {
    power = std::make_unique<FormulaPower>(options);
  }
  Plan plan;
  plan.n = options.n > 0 ? options.n : fewest(*power, options.power);
  plan.power = power->at(plan.n).power;
  for (const double factor : {0.25, 0.5, 0.71, 1.0, 1.41, 2.0, 4.0}) {
    const auto n = static_cast<std::int64_t>(std::lround(factor * static_cast<double>(plan.n)));
    if (n >= kFewest && n <= kMostSynapses) plan.curve.push_back(power->at(n));
  }
  if (options.simulations == 0 && plan.n < 100) {
    plan.notes.push_back("the formula says too few below 100 synapses: check with --simulate");
  }
  if (options.simulations == 0 && options.synapses.detection_limit > 0) {
    plan.notes.push_back("the formula does not count synapses that are lost");
  }
  return plan;
}

}  // namespace mirrortune
