#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "potential/oracle.h"
#include "potential/potential.h"

namespace mirrortune::test {
namespace {

double bregman(const Potential& potential, double u, double v) {
  return std::visit([&](const auto& chosen) { return chosen.bregman(u, v); }, potential);
}

/// φ(u) − φ(v) − φ'(v)(u − v), as it is defined.
Big divergence(const Potential& potential, double u, double v) {
  return value(potential, Big(u)) - value(potential, Big(v)) - to_dual(potential, Big(v)) * (Big(u) - Big(v));
}

/// First weights in the domain.
std::vector<double> starts(const Potential& potential) {
  std::vector<double> weights;
  for (const double v : {1e-6, 0.03, 1.0, -7.0, 0.29, -0.25}) {
    if (contains(potential, v)) weights.push_back(v);
  }
  return weights;
}

/// Second weights in the domain from very near to very far of v, of both signs.
std::vector<double> partners(const Potential& potential, double v) {
  std::vector<double> weights;
  for (const double ratio : {1 + 1e-15, 1 - 1e-12, 1 + 1e-8, 1 - 1e-4, 1.01, 0.9, 1.2, 0.76, 1.3, 0.5, 2.0,
                             2.8, 0.1, 40.0, 1e-6, 1e9}) {
    for (const double u : {v * ratio, -v * ratio}) {
      if (contains(potential, u)) weights.push_back(u);
    }
  }
  return weights;
}

class Bregman : public testing::TestWithParam<std::string> {
 protected:
  const Potential potential_ = parse_potential(GetParam());
};

TEST_P(Bregman, IsAccurateForWeightsNearAndFar) {
  for (const double v : starts(potential_)) {
    for (const double u : partners(potential_, v)) {
      SCOPED_TRACE(testing::Message() << u << " from " << v);
      const Big exact = divergence(potential_, u, v);
      EXPECT_LE(abs(bregman(potential_, u, v) - exact), 1e-12 * abs(exact));
    }
  }
}

TEST_P(Bregman, IsPositiveWithinOneSignAndZeroOnlyAtEquality) {
  for (const double v : starts(potential_)) {
    EXPECT_EQ(bregman(potential_, v, v), 0.0);
    for (const double u : partners(potential_, v)) {
      const bool divided = is_negative_entropy(potential_) || is<Burg>(potential_);  // at 0
      if (u != v && (!divided || (u < 0) == (v < 0))) {
        EXPECT_GT(bregman(potential_, u, v), 0.0) << u << " from " << v;
      }
    }
  }
}

TEST_P(Bregman, ObeysTheThreePointIdentity) {
  const auto dual = [&](double w) { return to_dual(potential_, w); };
  for (const double a : {0.02, 0.7, 3.0}) {
    for (const double b : {0.03, 1.1}) {
      for (const double c : {0.01, 0.5, 2.0}) {
        if (!contains(potential_, a) || !contains(potential_, b) || !contains(potential_, c)) continue;
        const double whole = bregman(potential_, a, c);
        const double parts =
            bregman(potential_, a, b) + bregman(potential_, b, c) + (dual(b) - dual(c)) * (a - b);
        const double size = std::fabs(whole) + bregman(potential_, a, b) + bregman(potential_, b, c);
        EXPECT_NEAR(parts, whole, 1e-13 * (1 + size)) << a << ' ' << b << ' ' << c;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Bregman, testing::ValuesIn(all_potentials()), NameOfPotential());

TEST(BregmanOfNegativeEntropy, MayBeNegativeBetweenSigns) {
  EXPECT_NEAR((NegativeEntropy{}.bregman(-1.0, 0.1)), -1.2026, 5e-5);
}

TEST(BregmanAtZero, IsWhatTheLimitsGive) {
  EXPECT_EQ((NegativeEntropy{}.bregman(0.0, -0.3)), 0.3);
  EXPECT_EQ((NegativeEntropy{}.bregman(0.3, 0.0)), std::numeric_limits<double>::infinity());
  EXPECT_EQ((NegativeEntropy{}.bregman(0.0, 0.0)), 0.0);
  EXPECT_EQ((PNorm{2.0}.bregman(0.0, 0.5)), 0.125);
  EXPECT_EQ((PNorm{2.0}.bregman(0.5, 0.0)), 0.125);
  EXPECT_EQ((PNorm{3.0}.bregman(0.0, 0.0)), 0.0);
}

TEST(BregmanOfThe2Norm, IsHalfTheSquaredDistance) {
  for (const double u : {-2.0, -0.25, 0.0, 0.25, 4.0}) {
    for (const double v : {-1.0, 0.5, 8.0})
      EXPECT_NEAR((PNorm{2.0}.bregman(u, v)), (u - v) * (u - v) / 2, 1e-13);
  }
}

}  // namespace
}  // namespace mirrortune::test
