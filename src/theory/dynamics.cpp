#include "theory/dynamics.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/generation.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

#include "analysis/potentials.h"
#include "base/error.h"
#include "base/stop.h"
#include "base/text.h"
#include "potential/negative_entropy.h"

namespace mirrortune {
namespace {

constexpr double kStepError = 1e-11;
/// No step moves a weight by more than about this, so that lines are smooth; never below the shortest step.
constexpr double kLongestMove = 0.01, kShortestStep = 1e-5;
constexpr std::int64_t kMostSteps = 10'000'000;
/// Points are left out while neither plane's coordinates move by so much.
constexpr double kPrimalSpacing = 0.004, kDualSpacing = 0.02;

std::string to_text(const TwoWeights& w) {
  return "(" + format_number(w[0]) + ", " + format_number(w[1]) + ")";
}

[[noreturn]] void refuse(const std::string& why) {
  throw UsageError({.what = "cannot integrate the dynamics", .why = why});
}

double norm(const TwoWeights& vector) { return std::hypot(vector[0], vector[1]); }

/// dy/dt = −∇l(w(y)) of one potential, whose weights keep the signs of the start where the dual does not
/// tell.
class MirrorFlow {
 public:
  MirrorFlow(const PlaneLoss& loss, const Potential& potential, const TwoWeights& start)
      : loss_(loss), potential_(potential), start_(start) {}

  TwoWeights dual_of(const TwoWeights& w) const {
    return {to_dual(potential_, w[0]), to_dual(potential_, w[1])};
  }
  TwoWeights weights_of(const TwoWeights& dual) const {
    return {from_dual(potential_, dual[0], start_[0]), from_dual(potential_, dual[1], start_[1])};
  }
  double loss(const TwoWeights& w) const { return loss_.value(w); }
  TwoWeights gradient(const TwoWeights& w) const { return loss_.gradient(w); }
  bool is_finite(const TwoWeights& w) const {
    return std::isfinite(w[0]) && std::isfinite(w[1]) && std::isfinite(loss(w)) &&
           std::isfinite(norm(gradient(w)));
  }

  /// The time in which the faster weight moves by kLongestMove.
  double time_to_move(const TwoWeights& w) const {
    const TwoWeights g = gradient(w);
    double time = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < 2; ++i) {
      const double speed = std::fabs(g[i]) / second_derivative(potential_, w[i]);
      if (speed > 0) time = std::min(time, kLongestMove / speed);
    }
    return std::max(time, kShortestStep);
  }

  /// For the stepper; remembers whether a trial left the finite numbers.
  void operator()(const TwoWeights& dual, TwoWeights& slope, double /*t*/) {
    const TwoWeights w = weights_of(dual), g = gradient(w);
    failed_ = failed_ || !is_finite(w);
    slope = {-g[0], -g[1]};
  }
  bool take_failure() { return std::exchange(failed_, false); }

  /// In as much time again no weight would move by the tolerance.
  bool rests(const TwoWeights& dual, double t, double tolerance) const {
    const TwoWeights w = weights_of(dual), g = gradient(w);
    const TwoWeights later = weights_of({dual[0] - t * g[0], dual[1] - t * g[1]});
    return t >= 1 && std::fabs(later[0] - w[0]) < tolerance && std::fabs(later[1] - w[1]) < tolerance;
  }

 private:
  const PlaneLoss& loss_;
  const Potential& potential_;
  TwoWeights start_;
  bool failed_ = false;
};

/// The points of a line, no closer than a picture needs.
class Path {
 public:
  void add(const FlowPoint& point) {
    last_ = point;
    if (points_.empty() || is_far(point.w)) points_.push_back(point);
  }
  std::vector<FlowPoint> take() {
    if (points_.back().t != last_.t) points_.push_back(last_);
    return std::move(points_);
  }

 private:
  bool is_far(const TwoWeights& w) const {
    for (std::size_t i = 0; i < 2; ++i) {
      const double before = points_.back().w[i];
      if (std::fabs(w[i] - before) >= kPrimalSpacing) return true;
      if (!(std::fabs(entropy_dual(w[i]) - entropy_dual(before)) < kDualSpacing)) return true;
    }
    return false;
  }

  std::vector<FlowPoint> points_;
  FlowPoint last_{};
};

/// One flow from its start to its end.
class Integration {
 public:
  Integration(const DynamicsOptions& options, const PlaneLoss& loss, const Potential& potential,
              const TwoWeights& start)
      : options_(options), potential_(potential), flow_(loss, potential, start) {
    result_.potential = mirrortune::to_text(potential);
    result_.start = start;
    check_start();
    dual_ = flow_.dual_of(start);
    conserved_ = dual_[0] - dual_[1] / 2;
    const double size = std::fabs(dual_[0]) + std::fabs(dual_[1]) / 2;
    unit_ = size > 0 ? size : 1;
    result_.conserved_drift = loss.is_ridge() ? 0 : std::nan("");
  }

  Flow run() {
    auto stepper = boost::numeric::odeint::make_controlled(
        kStepError, kStepError, boost::numeric::odeint::runge_kutta_dopri5<TwoWeights>());
    double step = std::min(1e-3, options_.time_limit);
    record();
    for (std::int64_t i = 0; !has_ended(); ++i) {
      if (stop_requested()) throw StoppedError({.what = "the dynamics were stopped", .todo = "Run it again"});
      if (i == kMostSteps) fail("took more than " + std::to_string(kMostSteps) + " steps");
      step = std::min({step, flow_.time_to_move(flow_.weights_of(dual_)), options_.time_limit - time_});
      const TwoWeights before = dual_;
      const double time_before = time_, tried = step;
      const auto taken = stepper.try_step(std::ref(flow_), dual_, time_, step);
      if (flow_.take_failure() || !flow_.is_finite(flow_.weights_of(dual_))) {
        dual_ = before;
        time_ = time_before;
        step = tried / 4;
        stepper.reset();
        if (time_ + step == time_) fail("leaves the finite numbers");
      } else if (taken == boost::numeric::odeint::success) {
        record();
      }
    }
    finish();
    return std::move(result_);
  }

 private:
  void check_start() const {
    const TwoWeights& start = result_.start;
    for (const double w : start) {
      if (!contains(potential_, w)) {
        refuse("the start " + to_text(start) + " is outside the domain of " + result_.potential);
      }
      if (!std::isfinite(to_dual(potential_, w))) {
        refuse("the start " + to_text(start) + " has a weight at 0, where the dual of " + result_.potential +
               " is infinite: it would stay there");
      }
    }
    if (!flow_.is_finite(start)) refuse("the loss is not finite at the start " + to_text(start));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(
        {.what = "cannot follow the flow of " + result_.potential + " from " + to_text(result_.start),
         .why = "it " + what + " at t = " + format_number(time_),
         .todo = "Choose another start, or a smaller --time-limit"});
  }

  void record() {
    const TwoWeights w = flow_.weights_of(dual_);
    path_.add({.t = time_, .w = w, .loss = flow_.loss(w)});
    gradients_.emplace_back(time_, norm(flow_.gradient(w)));
    // A weight that underflowed to 0 has an infinite dual, which says nothing of the flow.
    const TwoWeights again = flow_.dual_of(w);
    const double drift = std::fabs(again[0] - again[1] / 2 - conserved_) / unit_;
    if (std::isfinite(drift)) result_.conserved_drift = std::max(result_.conserved_drift, drift);
  }

  bool has_ended() {
    if (gradients_.back().second < options_.tolerance) {
      result_.ended = FlowEnd::flat;
    } else if (flow_.rests(dual_, time_, options_.tolerance)) {
      result_.ended = FlowEnd::rest;
    } else if (time_ >= options_.time_limit) {
      result_.ended = FlowEnd::time_limit;
    } else {
      return false;
    }
    return true;
  }

  void finish() {
    result_.points = path_.take();
    const FlowPoint& last = result_.points.back();
    result_.end = result_.limit = last.w;
    result_.time = last.t;
    result_.fall = std::nan("");
    if (result_.ended != FlowEnd::time_limit) return;
    const auto earlier =
        std::ranges::lower_bound(gradients_, time_ / 10, {}, &std::pair<double, double>::first);
    result_.fall = power_between(*earlier, gradients_.back());
    const auto point = std::ranges::lower_bound(result_.points, time_ / 10, {}, &FlowPoint::t);
    for (std::size_t i = 0; i < 2; ++i) {
      constexpr double kFalls = 0.2;
      const double power = power_between({point->t, std::fabs(point->w[i])}, {last.t, std::fabs(last.w[i])});
      if (power > kFalls) result_.limit[i] = 0;
    }
  }

  /// k of a quantity that falls as t^−k between two times.
  static double power_between(const std::pair<double, double>& a, const std::pair<double, double>& b) {
    return std::log(a.second / b.second) / std::log(b.first / a.first);
  }

  const DynamicsOptions& options_;
  const Potential& potential_;
  MirrorFlow flow_;
  TwoWeights dual_{};
  double time_ = 0, conserved_ = 0, unit_ = 1;
  Path path_;
  std::vector<std::pair<double, double>> gradients_;  ///< times and ‖∇l‖ of all steps
  Flow result_{};
};

void check(const DynamicsOptions& options) {
  const auto positive = [](const char* option, double value) {
    if (value > 0 && std::isfinite(value)) return;
    refuse(std::string(option) + " is " + format_number(value) + ": must be a number above 0");
  };
  positive("time_limit", options.time_limit);
  positive("tolerance", options.tolerance);
  if (options.potentials.empty()) refuse("no potential is named");
  if (options.starts.empty()) refuse("no start is given");
}

std::vector<std::string> notes_of(const Dynamics& dynamics, const PlaneLoss& loss) {
  std::vector<std::string> notes;
  for (const auto& flow : dynamics.flows) {
    const std::string name = flow.potential + " from " + to_text(flow.start);
    if (flow.ended == FlowEnd::rest) {
      notes.push_back(name + " comes to rest at the border of its domain, where the gradient is not 0");
    }
    if (flow.ended != FlowEnd::time_limit) continue;
    notes.push_back(name + " is not there at t = " + format_number(flow.time) +
                    ": the gradient falls as t^-" + format_number(std::round(flow.fall * 100) / 100) +
                    ", and the flow goes to " + to_text(flow.limit));
  }
  if (!loss.is_ridge()) {
    notes.push_back(std::string("the loss ") + loss.name +
                    " is not one of w1/2 + w2 alone: nothing is conserved");
  }
  return notes;
}

std::vector<std::string> start_cells(const Flow& flow) {
  return {flow.potential, format_number(flow.start[0]), format_number(flow.start[1])};
}

}  // namespace

std::string to_text(FlowEnd end) {
  return end == FlowEnd::flat ? "flat" : end == FlowEnd::rest ? "rest" : "time limit";
}

double entropy_dual(double w) { return NegativeEntropy{}.to_dual(w); }

Dynamics integrate_dynamics(const DynamicsOptions& options) {
  check(options);
  const PlaneLoss& loss = plane_loss_named(options.loss);
  const std::vector<Potential> potentials = potentials_named(options.potentials);
  Dynamics dynamics{.options = options, .flows = {}, .notes = {}};
  dynamics.options.potentials.clear();
  for (const auto& potential : potentials) dynamics.options.potentials.push_back(to_text(potential));
  for (const auto& start : options.starts) {
    for (const auto& potential : potentials) {
      dynamics.flows.push_back(Integration(options, loss, potential, start).run());
    }
  }
  dynamics.notes = notes_of(dynamics, loss);
  return dynamics;
}

CsvTable to_csv(const Dynamics& dynamics) {
  CsvTable table({"potential", "start_w1", "start_w2", "end_w1", "end_w2", "limit_w1", "limit_w2", "ended",
                  "time", "loss", "conserved_drift"});
  for (const auto& flow : dynamics.flows) {
    std::vector<std::string> cells = start_cells(flow);
    for (const double value : {flow.end[0], flow.end[1], flow.limit[0], flow.limit[1]}) {
      cells.push_back(format_number(value));
    }
    cells.push_back(to_text(flow.ended));
    for (const double value : {flow.time, flow.points.back().loss, flow.conserved_drift}) {
      cells.push_back(format_number(value));
    }
    table.add(std::move(cells));
  }
  return table;
}

CsvTable trajectories_csv(const Dynamics& dynamics) {
  CsvTable table(
      {"potential", "start_w1", "start_w2", "t", "w1", "w2", "loss", "entropy_dual1", "entropy_dual2"});
  for (const auto& flow : dynamics.flows) {
    for (const auto& point : flow.points) {
      std::vector<std::string> cells = start_cells(flow);
      for (const double value : {point.t, point.w[0], point.w[1], point.loss, entropy_dual(point.w[0]),
                                 entropy_dual(point.w[1])}) {
        cells.push_back(format_number(value));
      }
      table.add(std::move(cells));
    }
  }
  return table;
}

}  // namespace mirrortune
