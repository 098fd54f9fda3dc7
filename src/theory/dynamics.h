#pragma once

#include <string>
#include <vector>

#include "base/csv.h"

#include "theory/plane_loss.h"

namespace mirrortune {

/// Mirror flows dφ'(w)/dt = −∇l(w) of two weights. Source: Pogodin et al. 2024, figure 2.
struct DynamicsOptions {
  std::string loss = "published";  ///< as plane_loss_named knows it
  std::vector<std::string> potentials = {"negative_entropy", "2-norm",
                                         "3-norm"};  ///< as parse_potential reads
  std::vector<TwoWeights> starts = {{1, 1}, {2, -0.2}};
  double time_limit = 1e6;  ///< above 0
  double tolerance = 1e-9;  ///< a flow ends where ‖∇l‖ is below it; above 0
};

/// Why a flow ended.
enum class FlowEnd {
  flat,  ///< ‖∇l‖ is below the tolerance: a minimum, unless the flow is far out on a plateau
  rest,  ///< in as much time again no weight would move by the tolerance: it is at a border of φ's domain
  time_limit,  ///< as negative entropy on its way to 0, which it comes to as 1/t
};

/// "flat", "rest", "time limit".
std::string to_text(FlowEnd end);

struct FlowPoint {
  double t;
  TwoWeights w;
  double loss;
};

struct Flow {
  std::string potential;  ///< canonical
  TwoWeights start, end;
  /// Where the flow goes: `end`, but 0 for a weight that is still falling as a power of the time.
  TwoWeights limit;
  FlowEnd ended;
  double time;  ///< at the end
  /// Greatest change of φ'(w1) − φ'(w2)/2 on the way, relative to abs(φ'(w1)) + abs(φ'(w2))/2 at the start
  /// (if that is 0, as it is); NaN if the loss is no ridge.
  double conserved_drift;
  double fall;  ///< of a flow that met the time limit: k if ‖∇l‖ falls as t^−k in the last tenfold time; else
                ///< NaN
  std::vector<FlowPoint> points;  ///< first and last included, dense enough for a smooth line in both planes
};

struct Dynamics {
  DynamicsOptions options;  ///< its potentials once each and in canonical form
  std::vector<Flow> flows;  ///< by start, then potential
  std::vector<std::string> notes;
};

/// Integrates in the dual space, adaptively (Dormand–Prince 5(4), relative error 1e-11 of a step), where the
/// conserved quantity is linear and so kept to rounding. Throws UsageError for options out of range, for a
/// start outside a potential's domain, at 0 where φ'(0) = ±∞, or where the loss is not finite; DataError for
/// a flow that leaves the finite numbers.
Dynamics integrate_dynamics(const DynamicsOptions& options);

/// The dual coordinate of the entropy plane: sgn(w)(ln abs(w) + 1), ±∞ at 0.
double entropy_dual(double w);

/// potential,start_w1,start_w2,end_w1,end_w2,limit_w1,limit_w2,ended,time,loss,conserved_drift: a line for
/// each flow.
CsvTable to_csv(const Dynamics& dynamics);
/// potential,start_w1,start_w2,t,w1,w2,loss,entropy_dual1,entropy_dual2: a line for each point.
CsvTable trajectories_csv(const Dynamics& dynamics);

}  // namespace mirrortune
