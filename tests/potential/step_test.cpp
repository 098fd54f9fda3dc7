#include "potential/step.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>

#include <gtest/gtest.h>

#include "potential/oracle.h"

namespace mirrortune::test {
namespace {

template <class T>
T step(const Potential& potential, T w, T increment) {
  return std::visit([&](const auto& chosen) { return chosen.step(w, increment); }, potential);
}

template <class T, class N>
bool is_normal(const N& x) {
  using std::abs;
  return abs(x) >= N(std::numeric_limits<T>::min()) && abs(x) <= N(std::numeric_limits<T>::max());
}

/// Weights of every size, and those close to the ends of a domain.
std::vector<double> awkward_weights(const Potential& potential) {
  std::vector<double> weights = {0.0, -0.0, 1e-45, -1e-40, 1.17549435e-38};
  for (const double size :
       {1e-30, 2e-18, 7e-19, 1e-12, 1e-5, 0.011, 0.3, 0.99999994, 1.0, 1.25, 17.0, 3e4, 1e18, 1e30}) {
    weights.push_back(size);
    weights.push_back(-size);
  }
  double max = 0.0;
  if (const auto* logistic = std::get_if<Logistic>(&potential)) max = logistic->max;
  if (const auto* bounded = std::get_if<Bounded>(&potential)) max = bounded->max;
  for (const double part : {0.5, 0.9, 0.999, 1 - 1e-6}) {
    for (const double w : {part * max, -part * max}) {
      if (contains(potential, static_cast<float>(w)) && w != 0.0) weights.push_back(w);
    }
  }
  return weights;
}

/// Dual increments of every size, and those that are a given part of φ'(w): tiny ones, 30 % steps, near
/// cancellation, flips.
std::vector<double> awkward_increments(const Potential& potential, double w) {
  std::vector<double> increments;
  for (const double size : {1e-30, 1e-18, 1e-7, 1e-3, 0.4, 0.6, 1.0, 12.0, 29.0, 1e4, 1e18, 1e30}) {
    increments.push_back(size);
    increments.push_back(-size);
  }
  const double dual =
      w == 0.0 || !contains(potential, w) ? 0.0 : static_cast<double>(to_dual(potential, Big(w)));
  if (!std::isfinite(dual)) return increments;
  for (const double part : {1e-9, 1e-7, 1e-6, -1e-6, 1e-3, -1e-3, 0.3, -0.3, -0.5, -0.9, -0.999, -1.0, -1.001,
                            -1.5, -2.0, 1.0, 3.0, 50.0}) {
    increments.push_back(part * dual);
  }
  return increments;
}

/// The bound of every step: K units in the last place of the weight and of what goes into the dual, seen from
/// the weight. In the log domain the logarithms' own sizes come in.
template <class T, class N>
N error_bound(const Potential& potential, const N& w, const N& increment, const N& after) {
  using std::abs, std::log;
  N dual_part = w == 0 ? N(0) : N(abs(to_dual(potential, w))), increment_part = abs(increment);
  if (const auto* norm = std::get_if<PNorm>(&potential)) {
    const bool closed =
        norm->p == 2.0 ||
        (norm->p == 1.5 && !std::isnan(OneAndAHalfNormStep{}.retry(T(w), T(increment), T(1)))) ||
        (norm->p == 3.0 && !std::isnan(ThreeNormStep{}.attempt(T(w), T(increment), T(1))));
    if (!closed) {
      dual_part *= 1 + (w == 0 ? N(0) : N((norm->p - 1) * abs(N(log(N(abs(w)))))));
      increment_part *= 1 + abs(N(log(N(abs(increment)))));
    }
  }
  const N unit = N(std::numeric_limits<T>::epsilon()) / 2;
  // Smooth powers have no closed form: in double the errors of their series are seen, in float32 none of
  // them.
  const int k = is<SmoothPower>(potential) && std::is_same_v<T, double> ? 16 : 4;
  return k * unit * (abs(after) + (dual_part + increment_part) / second_derivative(potential, after));
}

class MirrorStep : public testing::TestWithParam<std::string> {
 protected:
  const Potential potential_ = parse_potential(GetParam());

  template <class T, class Check>
  void for_each_step(const Check& check) const {
    for (const double w : awkward_weights(potential_)) {
      for (const double d : awkward_increments(potential_, w)) {
        const T weight = static_cast<T>(w), increment = static_cast<T>(d);
        if (!std::isfinite(increment)) continue;
        SCOPED_TRACE(testing::Message() << "w = " << weight << ", increment = " << increment);
        check(weight, increment);
      }
    }
  }

  /// Weights outside the domain, and the two clamped steps.
  template <class T>
  bool is_excepted(T weight, T increment) const {
    const double w = static_cast<double>(weight), d = static_cast<double>(increment);
    if (!contains(potential_, w) || (w == 0.0 && zero_is_singular(potential_))) return true;
    if (is_negative_entropy(potential_)) return std::fabs(d) > 30;
    return is<Burg>(potential_) && 1 - Big(d) * Big(w) < Big(1e-13);
  }

  template <class T>
  void expect_within_the_bound() const {
    int checked = 0;
    for_each_step<T>([&](T weight, T increment) {
      const Big w(weight), d(increment);
      if (is_excepted(weight, increment)) return;
      const bool dual_is_normal = weight == 0 || is_normal<T>(to_dual(potential_, w));
      if (!dual_is_normal || !is_normal<T>(d)) return;
      const Big exact = stepped(potential_, w, d);
      if (!is_normal<T>(exact)) return;
      // No wider type is there to hold what is left when float64 cancels.
      const bool cancels = weight != 0 && abs(1 + d / to_dual(potential_, w)) < Big(1e-6);
      if (std::is_same_v<T, double> && cancels) return;
      EXPECT_LE(abs(step(potential_, weight, increment) - exact), error_bound<T>(potential_, w, d, exact));
      ++checked;
    });
    EXPECT_GT(checked, 300);
  }
};

TEST_P(MirrorStep, FloatIsWithinTheErrorBoundOfTheShiftedDual) { expect_within_the_bound<float>(); }

TEST_P(MirrorStep, DoubleIsWithinTheErrorBoundOfTheShiftedDual) { expect_within_the_bound<double>(); }

TEST_P(MirrorStep, IsFiniteWhereTheExactWeightFitsFloat) {
  for_each_step<float>([&](float weight, float increment) {
    if (is_excepted(weight, increment)) return;
    if (std::isfinite(step(potential_, weight, increment))) return;
    EXPECT_GT(abs(stepped(potential_, Big(weight), Big(increment))), Big(3.4e38));
  });
}

TEST_P(MirrorStep, ZeroIncrementChangesNoBit) {
  std::mt19937 bits(1);
  for (int i = 0; i < 20000; ++i) {
    const float w = std::bit_cast<float>(static_cast<std::uint32_t>(bits()));
    if (!std::isfinite(w)) continue;
    EXPECT_EQ(std::bit_cast<std::uint32_t>(step(potential_, w, 0.0f)), std::bit_cast<std::uint32_t>(w)) << w;
  }
  for (const double w : awkward_weights(potential_)) EXPECT_EQ(step(potential_, w, 0.0), w);
}

TEST_P(MirrorStep, NotANumberStaysVisible) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(step(potential_, 0.5f, nan)));
  EXPECT_TRUE(std::isnan(step(potential_, 0.0f, nan)));
  EXPECT_TRUE(std::isnan(step(potential_, nan, 0.5f)));
}

TEST_P(MirrorStep, IsOddInWeightAndIncrement) {
  if (!is_symmetric(potential_)) return;
  for_each_step<float>([&](float weight, float increment) {
    const float one = step(potential_, weight, increment);
    if (!std::isnan(one)) {
      EXPECT_EQ(step(potential_, -weight, -increment), -one);
    }
  });
}

TEST_P(MirrorStep, IsTheStepOfTheLoops) {
  for_each_step<float>([&](float weight, float increment) {
    const float expected = step(potential_, weight, increment);
    const float looped = visit_step(potential_, /*scale=*/1.0, [&](const auto& one, double factor) {
      return take_step(one, weight, increment, finite_rate<float>(factor));
    });
    if (!std::isnan(expected)) {
      EXPECT_EQ(looped, expected);
    }
  });
}

TEST_P(MirrorStep, ScaleMultipliesTheIncrement) {
  for (const double scale : {1e-3, 0.7, 250.0}) {
    for (const double w : {0.02, -0.3, 1.0}) {
      for (const double d : {1e-4, -1e-4, 0.01}) {
        if (is_excepted(w, d * scale)) continue;
        const double exact = static_cast<double>(stepped(potential_, Big(w), Big(Big(d) * Big(scale))));
        const double found = visit_step(potential_, scale, [&](const auto& one, double factor) {
          return take_step(one, w, d, finite_rate<double>(factor));
        });
        EXPECT_NEAR(found / exact, 1.0, 1e-10) << scale << ' ' << w << ' ' << d;
      }
    }
  }
}

TEST_P(MirrorStep, NeedsNoSecondTryForOrdinarySmallSteps) {
  if (is<SmoothPower>(potential_)) return;
  std::mt19937 generator(5);
  std::normal_distribution<double> weights(0.0, 0.05), parts(0.0, 0.003);
  int failures = 0;
  for (int i = 0; i < 10'000; ++i) {
    double w = weights(generator);
    if (!contains(potential_, w)) w = std::fabs(w);
    const auto weight = static_cast<float>(w);
    const double scale =
        std::fabs(w) * static_cast<double>(second_derivative(potential_, static_cast<long double>(w)));
    const auto increment = static_cast<float>(parts(generator) * scale);
    visit_step(potential_, /*scale=*/1.0, [&](const auto& one, double factor) {
      failures += std::isnan(one.attempt(weight, increment, static_cast<float>(factor))) ? 1 : 0;
    });
  }
  EXPECT_LE(failures, 200);
}

TEST_P(MirrorStep, AttemptNeverSucceedsWhereTheIncrementIsClamped) {
  for_each_step<float>([&](float weight, float increment) {
    if (!std::visit([&](const auto& chosen) { return clamps(chosen, weight, increment); }, potential_))
      return;
    visit_step(potential_, /*scale=*/1.0, [&](const auto& one, double factor) {
      EXPECT_TRUE(std::isnan(one.attempt(weight, increment, static_cast<float>(factor))));
    });
  });
}

/// Weights and increments of every size, or such as networks have; increments too that are a part of the
/// dual.
struct RandomStep {
  float weight, increment;
};
RandomStep random_step(const Potential& potential, std::mt19937& generator) {
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(generator);
  };
  const auto sign = [&] { return generator() % 2 == 0 ? 1.0 : -1.0; };
  const bool wild = generator() % 3 == 0;
  double w =
      wild ? sign() * std::pow(10.0, uniform(-30, 30)) : std::normal_distribution<double>(0, 0.05)(generator);
  if (!contains(potential, w)) w = uniform(1e-6, is<Logistic>(potential) ? 0.7 : 0.3);
  const auto weight = static_cast<float>(w);
  double d = sign() * std::pow(10.0, wild ? uniform(-30, 30) : uniform(-8, 1));
  if (generator() % 2 == 0)
    d = sign() * std::pow(10.0, uniform(-9, 1.7)) * to_dual(potential, static_cast<double>(weight));
  if (generator() % 8 == 0)
    d = -to_dual(potential, static_cast<double>(weight)) * (1 + std::pow(10.0, uniform(-7, 0)));
  return {weight, static_cast<float>(d)};
}

/// φ'⁻¹(φ'(w) + δ); for smooth powers by Newton's method from the weight that is judged, which squares its
/// error.
long double judged(const Potential& potential, long double w, long double increment, long double found) {
  if (!is<SmoothPower>(potential)) return stepped(potential, w, increment);
  long double after = found;
  for (int turn = 0; turn < 2; ++turn) {
    const long double missing = increment + to_dual(potential, w) - to_dual(potential, after);
    after += missing / second_derivative(potential, after);
  }
  return after;
}

TEST_P(MirrorStep, IsWithinTheErrorBoundForManyRandomSteps) {
  std::mt19937 generator(7);
  const int steps = is<SmoothPower>(potential_) ? 10'000 : 100'000;
  int checked = 0, beyond = 0;
  for (int i = 0; i < steps; ++i) {
    const auto [weight, increment] = random_step(potential_, generator);
    if (!std::isfinite(increment) || is_excepted(weight, increment)) continue;
    const long double w = weight, d = increment;
    if (!is_normal<float>(d) || (w != 0 && !is_normal<float>(to_dual(potential_, w)))) continue;
    const float found = step(potential_, weight, increment);
    const long double exact = judged(potential_, w, d, found);
    if (!is_normal<float>(exact)) continue;
    ++checked;
    const long double error = std::fabs(found - exact), bound = error_bound<float>(potential_, w, d, exact);
    if (error <= bound) continue;
    if (++beyond <= 5) {
      ADD_FAILURE() << "w = " << weight << ", increment = " << increment << ": " << found << " for " << exact
                    << ", error/bound " << error / bound;
    }
  }
  EXPECT_EQ(beyond, 0);
  EXPECT_GT(checked, steps / 4);
}

INSTANTIATE_TEST_SUITE_P(All, MirrorStep, testing::ValuesIn(all_potentials()), NameOfPotential());

TEST(NegativeEntropyStep, NeverChangesSignAndKeepsZero) {
  const NegativeEntropy entropy;
  for (const float increment : {-1e30f, -29.0f, -1.0f, 1.0f, 29.0f, 1e30f}) {
    EXPECT_GT(entropy.step(1e-3f, increment), 0.0f);
    EXPECT_LT(entropy.step(-1e-3f, increment), 0.0f);
    EXPECT_EQ(entropy.step(0.0f, increment), 0.0f);
  }
}

TEST(NegativeEntropyStep, TakesIncrementsBeyond30As30AndSaysSo) {
  const NegativeEntropy entropy;
  EXPECT_EQ(entropy.step(0.5f, 1e30f), entropy.step(0.5f, 30.0f));
  EXPECT_EQ(entropy.step(0.5f, -31.0f), entropy.step(0.5f, -30.0f));
  EXPECT_TRUE(entropy.clamps(0.5f, 30.001f));
  EXPECT_TRUE(entropy.clamps(0.5f, -1e30f));
  EXPECT_FALSE(entropy.clamps(0.5f, -30.0f));
  EXPECT_FALSE(clamps(PNorm{3.0}, 0.5f, 1e30f));
}

TEST(HypentropyStep, IsThatOfAPairOfPositiveWeights) {
  const double beta = 0.02;
  for (const double w : {-0.7, -1e-4, 0.0, 0.003, 0.5}) {
    for (const double g : {-2.0, -0.3, 1e-5, 0.01, 4.0}) {
      const double root = std::hypot(w, beta);  // u⁺ − u⁻ = w, 2√(u⁺u⁻) = β
      const double plus = (root + w) / 2, minus = (root - w) / 2;
      const double moved = plus * std::exp(-g) - minus * std::exp(g);
      EXPECT_NEAR((Hypentropy{beta}.step(w, -g)), moved, 1e-14 * (1 + std::fabs(moved)));
    }
  }
}

TEST(BurgStep, KeepsSignsAndLimitsGrowthAndSaysSo) {
  EXPECT_EQ(Burg{}.step(0.5, 4.0), 0.5 / 1e-13);
  EXPECT_TRUE((Burg{}.clamps(0.5, 4.0)));
  EXPECT_TRUE((Burg{}.clamps(-0.5f, -2.0f)));
  EXPECT_FALSE((Burg{}.clamps(0.5, 1.9)));
  EXPECT_FALSE((Burg{}.clamps(0.5, -1e30)));
  EXPECT_EQ(Burg{}.step(0.0f, 1.0f), 0.0f);
}

TEST(StepsInTheDomain, StayThere) {
  std::mt19937 generator(4);
  std::uniform_real_distribution<float> uniform(0.0f, 1.0f), increments(-20.0f, 20.0f);
  for (int i = 0; i < 100'000; ++i) {
    const float w = 2.0f * uniform(generator) * uniform(generator), d = increments(generator);
    const float between = Logistic{2.0}.step(w, d), within = Bounded{2.0}.step(w, d);
    ASSERT_TRUE(between >= 0.0f && between <= 2.0f) << w << ' ' << d;
    ASSERT_TRUE(std::fabs(within) <= 2.0f) << w << ' ' << d;
  }
  EXPECT_EQ((Logistic{2.0}.step(2.0f, -3.0f)), 2.0f);
  EXPECT_EQ((Bounded{2.0}.step(-2.0f, 3.0f)), -2.0f);
}

TEST(GeneralPNormStep, LeavesFewWeightsToTheFallback) {
  std::mt19937 generator(9);
  std::normal_distribution<float> weights(0.0f, 0.05f);
  std::uniform_real_distribution<double> exponents(-8, -2);
  for (const double p : {1.1, 2.5, 10.0}) {
    int invalid = 0;
    for (int i = 0; i < 100'000; ++i) {
      const auto d = static_cast<float>((i % 2 == 0 ? 1 : -1) * std::pow(10.0, exponents(generator)));
      invalid += std::isnan(PowerStep{p - 1.0}.retry(weights(generator), d, 1.0f)) ? 1 : 0;
    }
    EXPECT_LE(invalid, 2000) << p;
  }
}

TEST(MultiplyByExp, IsGoodTo2UnitsInTheLastPlace) {
  std::mt19937 generator(3);
  std::uniform_real_distribution<float> exponents(-30.0f, 30.0f), weights(-1.0f, 1.0f);
  double worst = 0.0;
  for (int i = 0; i < 2'000'000; ++i) {
    const float w = weights(generator);
    const float x = i % 2 == 0 ? exponents(generator) : exponents(generator) / 60.0f;
    const long double exact = static_cast<long double>(w) * std::exp(static_cast<long double>(x));
    if (std::fabs(exact) < 1.2e-38L) continue;
    const auto rounded = std::fabs(static_cast<float>(exact));
    const long double ulp = std::nextafter(rounded, std::numeric_limits<float>::infinity()) - rounded;
    worst = std::max(worst, static_cast<double>(std::fabs(multiply_by_exp(w, x) - exact) / ulp));
  }
  EXPECT_LE(worst, 2.0);
  EXPECT_GE(worst, 0.5);  // or nothing was measured
}

TEST(MultiplyByExp, NeitherOverflowsNorUnderflowsOnTheWay) {
  const float largest = std::numeric_limits<float>::max();
  EXPECT_FLOAT_EQ(multiply_by_exp(largest, -0.1f), largest * std::exp(-0.1f));
  EXPECT_FLOAT_EQ(multiply_by_exp(largest * 0.9f, 0.1f), largest * (0.9f * std::exp(0.1f)));
  EXPECT_FLOAT_EQ(multiply_by_exp(0.6f * largest, 0.45f), largest * (0.6f * std::exp(0.45f)));
  EXPECT_FLOAT_EQ(multiply_by_exp(3e-38f, 30.0f), 3e-38f * std::exp(30.0f));
}

}  // namespace
}  // namespace mirrortune::test
