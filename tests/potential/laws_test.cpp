#include <cmath>
#include <limits>
#include <type_traits>

#include <boost/math/quadrature/gauss.hpp>
#include <gtest/gtest.h>

#include "potential/oracle.h"
#include "potential/potential.h"

namespace mirrortune::test {
namespace {

/// Positive and negative weights over the range where every potential stays inside double; the domains of
/// some end before.
std::vector<double> ordinary_weights() {
  std::vector<double> weights;
  for (const double size :
       {1e-20, 3.7e-9, 1e-4, 0.02, 0.3678794411714423, 0.5, 0.69999, 1.0, 1.49999, 1.7, 42.0, 1e5, 1e20}) {
    weights.push_back(size);
    weights.push_back(-size);
  }
  return weights;
}

double relative_error(double value, const Big& exact) {
  return static_cast<double>(abs((value - exact) / exact));
}

class PotentialLaws : public testing::TestWithParam<std::string> {
 protected:
  const Potential potential_ = parse_potential(GetParam());

  template <class Law>
  void for_each_weight(const Law& law) const {
    for (const double w : ordinary_weights()) {
      if (!contains(potential_, w)) continue;
      SCOPED_TRACE(w);
      std::visit([&](const auto& chosen) { law(chosen, w); }, potential_);
    }
  }
};

TEST_P(PotentialLaws, ValueIsTheDefinition) {
  for_each_weight([&](const auto& chosen, double w) {
    const Big exact = value(potential_, Big(w));
    // A large power as the difference of two: 1/λ − 1/(λ+1) of each is left.
    const double slack = is<SmoothPower>(potential_) ? 10.0 : 1.0;
    EXPECT_LE(abs(chosen.value(w) - exact), abs(exact) * 1e-14 * slack);
  });
}

TEST_P(PotentialLaws, DualIsTheDerivativeOfTheValue) {
  for_each_weight([&](const auto& chosen, double w) {
    const Big exact = derivative(potential_, Big(w));
    EXPECT_LE(abs(chosen.to_dual(w) - exact), 1e-14 * (1 + abs(exact)));
    EXPECT_EQ(to_dual(potential_, w), chosen.to_dual(w));
  });
}

TEST_P(PotentialLaws, SecondDerivativeIsTheDerivativeOfTheDual) {
  for_each_weight([&](const auto& chosen, double w) {
    EXPECT_LE(relative_error(chosen.second_derivative(w), second_difference(potential_, Big(w))), 1e-14);
    EXPECT_LE(abs(second_derivative(potential_, Big(w)) / second_difference(potential_, Big(w)) - 1),
              Big(1e-15));
  });
}

TEST_P(PotentialLaws, InverseOfTheDualIsTheWeight) {
  for_each_weight([&](const auto& chosen, double w) {
    const double y = chosen.to_dual(w);
    EXPECT_NEAR(chosen.from_dual(y, w) / w, 1.0, 1e-13);  // p = 1.01 takes the 100th power
    EXPECT_EQ(from_dual(potential_, y, w), chosen.from_dual(y, w));
  });
}

TEST_P(PotentialLaws, ValueAndConjugateAddToTheProduct) {
  for_each_weight([&](const auto& chosen, double w) {
    const double y = chosen.to_dual(w);
    const Big sum = chosen.value(w) + conjugate(potential_, Big(y), Big(w));
    EXPECT_LE(abs(sum - Big(w) * y), 1e-13 * abs(Big(w)) * (1 + abs(Big(y))));
  });
}

TEST_P(PotentialLaws, FloatAndDoubleAgree) {
  for_each_weight([](const auto& chosen, double w) {
    const auto narrow = static_cast<float>(w);
    const double wide = static_cast<double>(narrow);
    const auto agree = [](float value, double exact) {
      if (std::fabs(exact) > 1e37 || std::fabs(exact) < 1e-37) return;
      // φ' of negative entropy and its value pass through 0 and are as exact there as ln|w| + 1 can be.
      const double slack = std::is_same_v<std::decay_t<decltype(chosen)>, NegativeEntropy> ? 1e-6 : 0.0;
      EXPECT_NEAR(value, exact, 1e-5 * std::fabs(exact) + slack);
    };
    agree(chosen.to_dual(narrow), chosen.to_dual(wide));
    agree(chosen.value(narrow), chosen.value(wide));
    agree(chosen.second_derivative(narrow), chosen.second_derivative(wide));
  });
}

INSTANTIATE_TEST_SUITE_P(All, PotentialLaws, testing::ValuesIn(all_potentials()), NameOfPotential());

TEST(PotentialAtZero, NegativeEntropyIsSingularAndPNormsAreNot) {
  const NegativeEntropy entropy;
  EXPECT_TRUE(zero_is_singular(entropy));
  EXPECT_EQ(entropy.value(0.0), 0.0);
  EXPECT_EQ(entropy.to_dual(0.0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(entropy.second_derivative(0.0), std::numeric_limits<double>::infinity());
  for (const double p : {1.01, 1.5, 2.0, 3.0, 10.0}) {
    const PNorm norm{p};
    EXPECT_FALSE(zero_is_singular(norm));
    EXPECT_EQ(norm.to_dual(0.0), 0.0);
    EXPECT_EQ(norm.from_dual(0.0, 1.0), 0.0);
    EXPECT_EQ(norm.value(0.0), 0.0);
  }
  EXPECT_EQ(PNorm{1.5}.second_derivative(0.0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(PNorm{2.0}.second_derivative(0.0), 1.0);
  EXPECT_EQ(PNorm{3.0}.second_derivative(0.0), 0.0);
}

TEST(PotentialAtZero, IsSingularWhereTheDualIsInfinite) {
  for (const auto& text : all_potentials()) {
    const bool expected = text == "negative_entropy" || text == "burg" || text.starts_with("logistic");
    EXPECT_EQ(zero_is_singular(parse_potential(text)), expected) << text;
  }
}

TEST(PotentialDomain, IsWhatTheTableSays) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  for (const auto& text : all_potentials()) {
    const Potential potential = parse_potential(text);
    EXPECT_FALSE(contains(potential, nan)) << text;
    EXPECT_FALSE(contains(potential, infinity)) << text;
    EXPECT_TRUE(contains(potential, 0.25)) << text;
    EXPECT_EQ(contains(potential, 0.0), text != "burg" && !text.starts_with("logistic")) << text;
    EXPECT_EQ(contains(potential, -0.25), !text.starts_with("logistic")) << text;
    EXPECT_EQ(contains(potential, 5.0), !text.starts_with("logistic") && !text.starts_with("bounded"))
        << text;
  }
  EXPECT_FALSE(Logistic{2.0}.contains(2.0));
  EXPECT_FALSE(Bounded{2.0}.contains(-2.0));
  EXPECT_TRUE(Bounded{2.0}.contains(std::nextafter(-2.0f, 0.0f)));
}

TEST(PotentialOfNegativeWeights, IsOdd) {
  for (const auto& text : all_potentials()) {
    const Potential potential = parse_potential(text);
    if (!is_symmetric(potential)) continue;
    for (const double w : {1e-20, 0.01, 0.2, 0.29}) {
      EXPECT_EQ(to_dual(potential, -w), -to_dual(potential, w)) << text;
      EXPECT_EQ(second_derivative(potential, -w), second_derivative(potential, w)) << text;
    }
  }
}

TEST(SmoothPower, DualIsTheIntegralOfTheSecondDerivative) {
  for (const double lambda : {0.0, 0.3, 1.0, 1.7, 2.0, 3.0, 4.0, 9.0, 23.5, 64.0}) {
    for (const double beta : {1e-3, 0.4, 30.0}) {
      for (const double w : {1e-4, 0.02, 0.7, 25.0}) {
        SCOPED_TRACE(testing::Message() << "lambda = " << lambda << ", beta = " << beta << ", w = " << w);
        const long double s = std::asinh(static_cast<long double>(w) / beta);
        long double integral = 0;
        for (int panel = 0; panel < 16; ++panel) {
          integral += boost::math::quadrature::gauss<long double, 30>::integrate(
              [&](long double t) { return std::pow(std::cosh(t), static_cast<long double>(lambda)); },
              s * panel / 16, s * (panel + 1) / 16);
        }
        integral *= std::pow(static_cast<long double>(beta), static_cast<long double>(lambda));
        const SmoothPower power{lambda, beta};
        EXPECT_NEAR(power.to_dual(w) / static_cast<double>(integral), 1.0, 2e-15 * (1 + lambda));
        EXPECT_NEAR(power.from_dual(static_cast<double>(integral), w) / w, 1.0, 1e-14);
        const long double oracle = Definition<long double>::dual(power, w);
        EXPECT_NEAR(static_cast<double>(oracle / integral), 1.0, 1e-16 * (1 + lambda));
      }
    }
  }
}

TEST(SmoothPower, IsInvertedFrom1e30thTo1e30) {
  for (const double lambda : {0.0, 0.01, 0.5, 1.0, 2.0, 2.5, 9.0, 64.0}) {
    for (const double beta : {1e-6, 1e-2, 10.0}) {
      const SmoothPower power{lambda, beta};
      for (double y = 1e-30; y < 1e31; y *= 1e3) {
        const double w = power.from_dual(y, 1.0);
        if (!std::isfinite(w) || w == 0.0) continue;  // λ = 0: sinh overflows
        EXPECT_NEAR(power.to_dual(w) / y, 1.0, 1e-14 * (1 + lambda)) << lambda << ' ' << beta << ' ' << y;
      }
    }
  }
}

TEST(PotentialAtZero, OnlyNegativeEntropyUsesTheSignOfTheInverse) {
  EXPECT_DOUBLE_EQ((NegativeEntropy{}.from_dual(0.5, 1.0)), std::exp(-0.5));
  EXPECT_DOUBLE_EQ((NegativeEntropy{}.from_dual(0.5, -1.0)), -std::exp(-1.5));
  EXPECT_EQ((PNorm{3.0}.from_dual(0.25, -1.0)), 0.5);
}

}  // namespace
}  // namespace mirrortune::test
