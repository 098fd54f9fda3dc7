#include "potential/elementary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace mirrortune::test {
namespace {

double ulps(float found, long double exact) {
  const float rounded = std::fabs(static_cast<float>(exact));
  const long double ulp = std::nextafter(rounded, std::numeric_limits<float>::infinity()) - rounded;
  return static_cast<double>(std::fabs(found - exact) / ulp);
}

/// The largest error in ulp over a million arguments that `draw` makes of a uniform number in [0, 1).
template <class Draw, class Found, class Exact>
double worst_error(const Draw& draw, const Found& found, const Exact& exact) {
  std::mt19937 generator(11);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  double worst = 0.0;
  for (int i = 0; i < 1'000'000; ++i) {
    const auto x = static_cast<float>(draw(i, uniform(generator)));
    worst = std::max(worst, ulps(found(x), exact(static_cast<long double>(x))));
  }
  return worst;
}

TEST(ElementaryFloat, LogarithmIsGoodTo2UnitsInTheLastPlace) {
  const auto log = [](long double x) { return std::log(x); };
  const auto any = [](int, double u) { return std::exp2(-126 + 253.9 * u); };
  const auto near_one = [](int i, double u) { return 1 + (i % 2 ? 1 : -1) * std::exp2(-24 * u) * 0.5; };
  EXPECT_LE(worst_error(
                any, [](float x) { return log_positive(x); }, log),
            2.0);
  EXPECT_LE(worst_error(
                near_one, [](float x) { return log_positive(x); }, log),
            2.0);
  EXPECT_EQ(log_positive(1.0f), 0.0f);
  for (const float x : {std::numeric_limits<float>::min(), std::numeric_limits<float>::max(), 0.70710677f,
                        0.70710683f, 1.41421354f, 1.41421366f}) {
    EXPECT_LE(ulps(log_positive(x), std::log(static_cast<long double>(x))), 2.0) << x;
  }
}

TEST(ElementaryFloat, Log1pIsGoodTo2UnitsInTheLastPlace) {
  const auto log1p = [](long double x) { return std::log1p(x); };
  const auto function = [](float x) { return log1p_up_to_1(x); };
  EXPECT_LE(worst_error([](int i, double u) { return (i % 2 ? 1 : -0.999) * std::exp2(-120 * u); }, function,
                        log1p),
            2.0);
  EXPECT_LE(worst_error([](int, double u) { return 1.9999 * u - 0.9999; }, function, log1p), 2.0);
  EXPECT_EQ(log1p_up_to_1(0.0f), 0.0f);
  EXPECT_LE(ulps(log1p_up_to_1(1.0f), std::log(2.0L)), 2.0);
  EXPECT_LE(ulps(log1p_up_to_1(-0.99999994f), std::log1p(-0.99999994039535522461L)), 2.0);
}

TEST(ElementaryFloat, ExponentialsAreGoodTo2UnitsInTheLastPlace) {
  const auto exp = [](long double x) { return std::exp(x); };
  EXPECT_LE(
      worst_error([](int, double u) { return -87 * u; }, [](float x) { return exp_of_negative(x); }, exp),
      2.0);
  EXPECT_LE(worst_error([](int, double u) { return 174 * u - 87; },
                        [](float x) { return multiply_by_exp(1.0f, x); }, exp),
            2.0);
  EXPECT_LE(worst_error([](int i, double u) { return (i % 2 ? 0.6 : -0.6) * std::exp2(-100 * u); },
                        [](float x) { return expm1_small(x); }, [](long double x) { return std::expm1(x); }),
            2.0);
  EXPECT_EQ(exp_of_negative(0.0f), 1.0f);
  EXPECT_EQ(multiply_by_exp(1.0f, 0.0f), 1.0f);
}

TEST(ElementaryFloat, RoughPowersOf2AreGoodTo4e7) {
  const auto log2 = [](long double x) { return std::log2(x); };
  const auto rough_log = [](float x) { return rough_log2(x); };
  const double ulps_of_4e7 = 7.0;
  EXPECT_LE(worst_error([](int, double u) { return std::exp2(-126 + 253.9 * u); }, rough_log, log2),
            ulps_of_4e7);
  EXPECT_LE(worst_error([](int i, double u) { return 1 + (i % 2 ? 0.5 : -0.5) * std::exp2(-24 * u); },
                        rough_log, log2),
            ulps_of_4e7);
  EXPECT_LE(worst_error([](int, double u) { return 250 * u - 125; }, [](float x) { return rough_exp2(x); },
                        [](long double x) { return std::exp2(x); }),
            ulps_of_4e7);
  EXPECT_EQ(rough_log2(1.0f), 0.0f);
}

TEST(ElementaryFloat, HyperbolicFunctionsAreGoodTo2UnitsInTheLastPlace) {
  const auto up_to = [](double limit) {
    return [limit](int i, double u) { return (i % 2 ? limit : -limit) * std::exp2(-40 * u * u); };
  };
  EXPECT_LE(
      worst_error(
          up_to(0.5), [](float x) { return tanh_small(x); }, [](long double x) { return std::tanh(x); }),
      2.0);
  EXPECT_LE(
      worst_error(
          up_to(0.25), [](float x) { return sinh_small(x); }, [](long double x) { return std::sinh(x); }),
      2.0);
  EXPECT_LE(
      worst_error(
          up_to(0.25), [](float x) { return cosh_small(x); }, [](long double x) { return std::cosh(x); }),
      2.0);
  EXPECT_LE(
      worst_error(
          up_to(0.5), [](float x) { return sinh_up_to_half(x); }, [](long double x) { return std::sinh(x); }),
      2.0);
}

TEST(ElementaryFloat, CoshMinus1IsGoodTo3UnitsInTheLastPlace) {
  const auto up_to_half = [](int i, double u) { return (i % 2 ? 0.5 : -0.5) * std::exp2(-40 * u * u); };
  const auto exact = [](long double x) { return 2 * std::sinh(x / 2) * std::sinh(x / 2); };
  EXPECT_LE(worst_error(
                up_to_half, [](float x) { return cosh_minus_1_up_to_half(x); }, exact),
            3.0);
}

}  // namespace
}  // namespace mirrortune::test
