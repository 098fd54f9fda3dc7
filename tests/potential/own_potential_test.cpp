#include "potential/own_potential.h"

#include <cmath>
#include <random>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "potential/step.h"

namespace mirrortune::test {
namespace {

/// φ' = w + w³/3, of which only φ'' is told.
struct Cubic {
  double second_derivative(double w) const { return 1 + w * w; }
};

/// The hypentropy of β = 0.01 as a user writes it.
struct OwnHypentropy {
  double to_dual(double w) const { return std::asinh(w / 0.01); }
  double from_dual(double y, double) const { return 0.01 * std::sinh(y); }
};

struct OwnHypentropyByCurvature {
  double second_derivative(double w) const { return 1 / std::hypot(w, 0.01); }
};

/// Everything a user may define.
struct Complete {
  double to_dual(double w) const { return 2 * w; }
  double from_dual(double y, double) const { return y / 2; }
  double second_derivative(double) const { return 2; }
  double value(double w) const { return w * w + 7; }
  double bregman(double u, double v) const { return (u - v) * (u - v) + 1e-9; }
  double step(double, double) const { return 0.125; }
  bool contains(double w) const { return w < 3; }
};

long double cubic_dual(long double w) { return w + w * w * w / 3; }
/// The root of w + w³/3 = y by Cardano's formula and Newton's method.
long double cubic_inverse(long double y) {
  long double w = 2 * std::sinh(std::asinh(3 * y / 2) / 3);
  for (int turn = 0; turn < 3; ++turn) w -= (cubic_dual(w) - y) / (1 + w * w);
  return w;
}

template <class T>
T step(const Potential& potential, T w, T increment) {
  return std::visit([&](const auto& chosen) { return chosen.step(w, increment); }, potential);
}

/// |error| against the bound of every step (see step_test.cpp), K = 4.
template <class Dual, class Inverse, class Curvature>
void expect_steps_within_the_bound(const Potential& own, const Dual& dual, const Inverse& inverse,
                                   const Curvature& curvature) {
  std::mt19937 generator(5);
  std::uniform_real_distribution<double> exponent(-12, 1.5), weight_exponent(-6, 2);
  for (int i = 0; i < 20'000; ++i) {
    const double side = i % 2 == 0 ? 1 : -1, other = i % 3 == 0 ? 1 : -1;
    const auto w = static_cast<float>(side * std::pow(10.0, weight_exponent(generator)));
    double d = other * std::pow(10.0, exponent(generator));
    if (i % 4 == 0) d *= static_cast<double>(dual(w));
    const auto increment = static_cast<float>(d);
    const long double before = dual(w), exact = inverse(before + increment);
    if (!(std::fabs(exact) > 1.2e-38L && std::fabs(exact) < 1e37L)) continue;
    const long double bound =
        4 * std::ldexp(1.0L, -24) *
        (std::fabs(exact) +
         (std::fabs(before) + std::fabs(static_cast<long double>(increment))) / curvature(exact));
    ASSERT_LE(std::fabs(step(own, w, increment) - exact), bound) << w << ' ' << increment;
  }
}

TEST(OwnPotential, KnownByItsSecondDerivativeStepsWithinTheErrorBound) {
  expect_steps_within_the_bound(own_potential("cubic", Cubic{}), cubic_dual, cubic_inverse,
                                [](long double w) { return 1 + w * w; });
}

TEST(OwnPotential, KnownByItsDualMapsStepsWithinTheErrorBound) {
  const auto dual = [](long double w) { return std::asinh(w / 0.01L); };
  const auto inverse = [](long double y) { return 0.01L * std::sinh(y); };
  const auto curvature = [](long double w) { return 1 / std::hypot(w, 0.01L); };
  expect_steps_within_the_bound(own_potential("mine", OwnHypentropy{}), dual, inverse, curvature);
}

TEST(OwnPotential, HasWhatTheSamePotentialBuiltInHas) {
  const Hypentropy built_in{0.01};
  const Potential both[] = {own_potential("a", OwnHypentropy{}),
                            own_potential("b", OwnHypentropyByCurvature{})};
  for (const auto& potential : both) {
    const auto& own = std::get<OwnPotential>(potential);
    SCOPED_TRACE(own.name());
    for (const double w : {1e-9, -0.003, 0.02, 0.5, -40.0}) {
      EXPECT_NEAR(own.to_dual(w) / built_in.to_dual(w), 1.0, 1e-12);
      EXPECT_NEAR(own.from_dual(built_in.to_dual(w), w) / w, 1.0, 1e-12);
      EXPECT_NEAR(own.second_derivative(w) / built_in.second_derivative(w), 1.0, 1e-9);
      EXPECT_NEAR(own.value(w) / built_in.value(w), 1.0, 1e-12);
      for (const double u : {0.001, -0.02, 0.3, 1.1 * w}) {
        EXPECT_NEAR(own.bregman(u, w) / built_in.bregman(u, w), 1.0, 1e-10) << u << " from " << w;
      }
      for (const double d : {1e-12, -1e-3, 0.7, -6.0}) {
        EXPECT_NEAR(own.step(w, d), built_in.step(w, d),
                    1e-13 * (std::fabs(w) + std::fabs(built_in.step(w, d))));
      }
    }
    EXPECT_TRUE(own.contains(0.0));
    EXPECT_FALSE(zero_is_singular(potential));
  }
}

TEST(OwnPotential, SolvesForDualsOfEverySize) {
  const OwnPotential own = own_potential("cubic", Cubic{});
  for (double y = 1e-30; y < 1e31; y *= 1e5) {
    const auto exact = static_cast<double>(cubic_inverse(y));
    EXPECT_NEAR(own.from_dual(y, 1.0) / exact, 1.0, 1e-13) << y;
    EXPECT_NEAR(own.from_dual(-y, 1.0) / exact, -1.0, 1e-13) << y;
    EXPECT_NEAR(own.to_dual(exact) / y, 1.0, 1e-12) << y;
  }
}

TEST(OwnPotential, UsesWhatTheUserDefines) {
  const OwnPotential own = own_potential("complete", Complete{});
  EXPECT_EQ(own.value(1.0), 8.0);
  EXPECT_EQ(own.second_derivative(1.0), 2.0);
  EXPECT_EQ(own.bregman(1.0, 1.0), 1e-9);
  EXPECT_EQ(own.step(1.0f, 1.0f), 0.125f);
  EXPECT_FALSE(own.contains(3.0));
}

TEST(OwnPotential, StepOfZeroChangesNothingAndNotANumberStaysVisible) {
  for (const Potential& own :
       {Potential(own_potential("a", OwnHypentropy{})), Potential(own_potential("b", Cubic{}))}) {
    EXPECT_EQ(step(own, 0.3f, 0.0f), 0.3f);
    EXPECT_TRUE(std::signbit(step(own, -0.0f, 0.0f)));
    EXPECT_TRUE(std::isnan(step(own, 0.3f, std::nanf(""))));
    EXPECT_TRUE(std::isnan(step(own, std::nanf(""), 0.3f)));
  }
}

TEST(OwnPotential, IsAStepOfLoopsOnTheHostOnly) {
  const Potential own = own_potential("cubic", Cubic{});
  EXPECT_EQ(to_text(own), "cubic");
  EXPECT_THROW(parse_potential("cubic"), std::invalid_argument);
  const auto run = [](const auto& chosen, double factor) {
    return take_step(chosen, 1.0f, 0.25f, static_cast<float>(factor));
  };
  EXPECT_EQ(visit_step(own, /*scale=*/2.0, run), step(own, 1.0f, 0.5f));
  EXPECT_THAT(
      [&] { visit_device_step(own, /*scale=*/1.0, run); },
      testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("'cubic' runs on the CPU only")));
  EXPECT_EQ(visit_device_step(Burg{}, /*scale=*/1.0, run), Burg{}.step(1.0f, 0.25f));
}

}  // namespace
}  // namespace mirrortune::test
