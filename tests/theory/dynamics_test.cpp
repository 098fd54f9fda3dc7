#include "theory/dynamics.h"

#include <cmath>

#include <boost/math/tools/roots.hpp>
#include <gmock/gmock.h>

#include "base/error.h"
#include "potential/potential.h"

namespace mirrortune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Flow& flow_of(const Dynamics& dynamics, const TwoWeights& start, const std::string& potential) {
  for (const auto& flow : dynamics.flows) {
    if (flow.start == start && flow.potential == potential) return flow;
  }
  throw std::out_of_range(potential);
}

void expect_near(const TwoWeights& found, const TwoWeights& expected, double tolerance) {
  EXPECT_NEAR(found[0], expected[0], tolerance);
  EXPECT_NEAR(found[1], expected[1], tolerance);
}

/// Where w1/2 + w2 = valley meets φ'(w1) − φ'(w2)/2 = its value at the start, between w1 = low and high.
TwoWeights crossing(const Potential& potential, const TwoWeights& start, double valley, double low,
                    double high) {
  const auto conserved = [&](double w1, double w2) {
    return to_dual(potential, w1) - to_dual(potential, w2) / 2;
  };
  const auto miss = [&](double w1) { return conserved(w1, valley - w1 / 2) - conserved(start[0], start[1]); };
  std::uintmax_t turns = 200;
  const auto found = boost::math::tools::toms748_solve(miss, low, high,
                                                       boost::math::tools::eps_tolerance<double>(50), turns);
  const double w1 = (found.first + found.second) / 2;
  return {w1, valley - w1 / 2};
}

TEST(Dynamics, EndsWhereTheConservedQuantityMeetsTheValley) {
  const Dynamics dynamics = integrate_dynamics({});
  expect_near(flow_of(dynamics, {1, 1}, "2-norm").end, {0.4, -0.2}, 1e-8);
  expect_near(flow_of(dynamics, {1, 1}, "3-norm").end, {2.0 / 3, -1.0 / 3}, 1e-8);
  expect_near(flow_of(dynamics, {2, -0.2}, "negative_entropy").end, {1.1696071, -0.5848036}, 1e-7);
  expect_near(flow_of(dynamics, {2, -0.2}, "2-norm").end, {1.68, -0.84}, 1e-8);
  expect_near(flow_of(dynamics, {2, -0.2}, "3-norm").end, {1.8903263, -0.9451631}, 1e-7);
  for (const auto& flow : dynamics.flows) {
    EXPECT_LE(flow.conserved_drift, 1e-10) << flow.potential;
    EXPECT_EQ(flow.points.front().w, flow.start);
    EXPECT_EQ(flow.points.back().w, flow.end);
    EXPECT_NEAR(flow.points.back().loss, -1, 1e-9) << flow.potential;
  }
}

TEST(Dynamics, TellsThatNegativeEntropyComesToZeroAsOneOverTheTime) {
  const Dynamics dynamics = integrate_dynamics({});
  const Flow& flow = flow_of(dynamics, {1, 1}, "negative_entropy");
  EXPECT_EQ(flow.ended, FlowEnd::time_limit);
  EXPECT_NEAR(flow.fall, 1, 0.01);
  EXPECT_EQ(flow.limit, (TwoWeights{0, 0}));
  EXPECT_NEAR(flow.end[0] * 1e6, 4, 0.01);  // w1 = √w2, and dw1/dt = −w1²/4
  EXPECT_NEAR(std::sqrt(flow.end[1]) / flow.end[0], 1, 1e-9);
  EXPECT_THAT(dynamics.notes, ElementsAre(HasSubstr("goes to (0, 0)")));
}

struct OtherFlow {
  std::string potential, loss;
  TwoWeights start;
  double low, high;  ///< bounds of w1 at the end
};

class OtherFlows : public testing::TestWithParam<OtherFlow> {};

TEST_P(OtherFlows, EndWhereTheTwoEquationsSay) {
  const auto& [potential, loss, start, low, high] = GetParam();
  const Dynamics dynamics = integrate_dynamics({.loss = loss, .potentials = {potential}, .starts = {start}});
  const double valley = *plane_loss_named(loss).valley;
  expect_near(dynamics.flows[0].end, crossing(parse_potential(potential), start, valley, low, high), 1e-7);
  EXPECT_LE(dynamics.flows[0].conserved_drift, 1e-10);
  EXPECT_EQ(dynamics.flows[0].ended, FlowEnd::flat);
}

INSTANTIATE_TEST_SUITE_P(
    All, OtherFlows,
    testing::Values(OtherFlow{"1.5-norm", "published", {1, 1}, -3, 3},
                    OtherFlow{"4-norm", "published", {1, 1}, -3, 3},
                    OtherFlow{"3-norm", "published", {0, 0.5}, -3, 3},
                    OtherFlow{"hypentropy(beta=0.1)", "published", {1, 1}, -3, 3},
                    OtherFlow{"smooth_power(lambda=0.5,beta=0.1)", "quadratic", {-1, 1}, -5, 5},
                    OtherFlow{"bounded(max=3)", "quadratic", {1, 1}, -2.9, 2.9},
                    OtherFlow{"l2_plus_3norm(a=1,b=1)", "logistic", {1, 1}, -3, 3},
                    OtherFlow{"negative_entropy", "quadratic", {0.1, 0.1}, 1e-9, 1.999},
                    OtherFlow{"2-norm", "logistic", {0, 0}, -3, 3}));

TEST(Dynamics, ComesToRestAtTheBorderOfADomain) {
  const Dynamics dynamics =
      integrate_dynamics({.loss = "bowl", .potentials = {"negative_entropy", "2-norm"}, .starts = {{1, 1}}});
  EXPECT_EQ(dynamics.flows[0].ended, FlowEnd::rest);
  expect_near(dynamics.flows[0].end, {0.5, 0}, 1e-8);
  expect_near(dynamics.flows[1].end, {0.5, -0.25}, 1e-8);
  EXPECT_TRUE(std::isnan(dynamics.flows[1].conserved_drift));
  EXPECT_THAT(dynamics.notes, testing::Contains(HasSubstr("nothing is conserved")));
}

TEST(PlaneLosses, HaveTheGradientsOfTheirValues) {
  constexpr double kStep = 1e-6;
  for (const auto& loss : plane_losses()) {
    for (const TwoWeights w : {TwoWeights{1, 1}, TwoWeights{-2, 0.3}, TwoWeights{0, 0}}) {
      const TwoWeights gradient = loss.gradient(w);
      const double first = loss.value({w[0] + kStep, w[1]}) - loss.value({w[0] - kStep, w[1]});
      const double second = loss.value({w[0], w[1] + kStep}) - loss.value({w[0], w[1] - kStep});
      expect_near(gradient, {first / (2 * kStep), second / (2 * kStep)}, 1e-8);
      if (loss.is_ridge()) {
        EXPECT_DOUBLE_EQ(2 * gradient[0], gradient[1]);
      }
    }
    if (loss.is_ridge()) {
      expect_near(loss.gradient({0, *loss.valley}), {0, 0}, 1e-15);
    }
  }
}

TEST(Dynamics, WritesEveryPointWithBothPlanesCoordinates) {
  const Dynamics dynamics = integrate_dynamics({.potentials = {"2-norm"}, .starts = {{1, 1}}});
  const CsvTable table = trajectories_csv(dynamics);
  ASSERT_GT(table.rows().size(), 50u);
  const auto& last = table.rows().back();
  EXPECT_NEAR(std::stod(last[table.column("entropy_dual1")]), std::log(0.4) + 1, 1e-7);
  EXPECT_NEAR(std::stod(last[table.column("entropy_dual2")]), -(std::log(0.2) + 1), 1e-7);
  EXPECT_EQ(to_csv(dynamics).rows().size(), 1u);
}

TEST(Dynamics, RefusesWhatHasNoFlow) {
  const auto refusal = [](DynamicsOptions options) -> std::string {
    try {
      integrate_dynamics(options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal({.loss = "bowel"}), HasSubstr("published, quadratic, logistic, bowl"));
  EXPECT_THAT(refusal({.starts = {{0, 1}}}), HasSubstr("a weight at 0"));
  EXPECT_THAT(refusal({.potentials = {"logistic(max=1)"}}), HasSubstr("outside the domain"));
  EXPECT_THAT(refusal({.starts = {{1, INFINITY}}}), HasSubstr("outside the domain"));
  EXPECT_THAT(refusal({.starts = {{1e4, 1}}}), HasSubstr("not finite"));
  EXPECT_THAT(refusal({.starts = {}}), HasSubstr("no start"));
  EXPECT_THAT(refusal({.potentials = {}}), HasSubstr("no potential"));
  EXPECT_THAT(refusal({.time_limit = 0}), HasSubstr("time_limit is 0"));
  EXPECT_THAT(refusal({.tolerance = NAN}), HasSubstr("tolerance is nan"));
}

}  // namespace
}  // namespace mirrortune
