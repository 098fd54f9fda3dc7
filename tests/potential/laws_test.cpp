#include <cmath>
#include <limits>
#include <type_traits>

#include <gtest/gtest.h>

#include "potential/oracle.h"
#include "potential/potential.h"

namespace mirrortune::test {
namespace {

/// Positive and negative weights over the range where every potential stays inside double.
std::vector<double> ordinary_weights() {
  std::vector<double> weights;
  for (const double size : {1e-20, 3.7e-9, 1e-4, 0.02, 0.3678794411714423, 0.5, 1.0, 1.7, 42.0, 1e5, 1e20}) {
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
      SCOPED_TRACE(w);
      std::visit([&](const auto& chosen) { law(chosen, w); }, potential_);
    }
  }
};

TEST_P(PotentialLaws, ValueIsTheDefinition) {
  for_each_weight([&](const auto& chosen, double w) {
    const Big exact = value(potential_, Big(w));
    EXPECT_LE(abs(chosen.value(w) - exact), abs(exact) * 1e-14);
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
    EXPECT_LE(relative_error(chosen.second_derivative(w), second_derivative(potential_, Big(w))), 1e-14);
  });
}

TEST_P(PotentialLaws, InverseOfTheDualIsTheWeight) {
  for_each_weight([](const auto& chosen, double w) {
    const double y = chosen.to_dual(w);
    EXPECT_NEAR(chosen.from_dual(y, w) / w, 1.0, 1e-13);  // p = 1.01 takes the 100th power
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

INSTANTIATE_TEST_SUITE_P(All, PotentialLaws, testing::ValuesIn(all_potentials()), [](const auto& test) {
  std::string name = test.param;
  for (char& c : name) c = c == '-' || c == '.' ? '_' : c;
  return name;
});

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

TEST(PotentialAtZero, OnlyNegativeEntropyUsesTheSignOfTheInverse) {
  EXPECT_DOUBLE_EQ((NegativeEntropy{}.from_dual(0.5, 1.0)), std::exp(-0.5));
  EXPECT_DOUBLE_EQ((NegativeEntropy{}.from_dual(0.5, -1.0)), -std::exp(-1.5));
  EXPECT_EQ((PNorm{3.0}.from_dual(0.25, -1.0)), 0.5);
}

}  // namespace
}  // namespace mirrortune::test
