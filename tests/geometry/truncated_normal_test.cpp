#include "geometry/detail/truncated_normal.h"

#include <cmath>
#include <numbers>

#include <boost/math/quadrature/gauss.hpp>
#include <gtest/gtest.h>

namespace mirrortune::detail {
namespace {

/// By quadrature in long double, relative to the density at the end that is nearer to 0.
TruncatedNormal integrated(double a, double b) {
  using Quadrature = boost::math::quadrature::gauss<long double, 60>;
  const long double near = a > 0 ? a : b < 0 ? b : 0;
  long double moments[5] = {0, 0, 0, 0, 0};
  const long double far = near == 0 ? 12 : 60 / std::fabs(near);  // beyond there is nothing
  const long double low = std::max<long double>(a, near - far), high = std::min<long double>(b, near + far);
  constexpr int kPieces = 64;
  for (int piece = 0; piece < kPieces; ++piece) {
    const long double from = low + (high - low) * piece / kPieces,
                      to = low + (high - low) * (piece + 1) / kPieces;
    for (int k = 0; k < 5; ++k) {
      moments[k] += Quadrature::integrate(
          [&](long double z) { return std::pow(z - near, k) * std::exp((near * near - z * z) / 2); }, from,
          to);
    }
  }
  const long double mean = moments[1] / moments[0];
  // Of z² less near²: 2·near·t + t².
  const auto moment = [&](int k) { return moments[k] / moments[0]; };
  const long double along = 2 * near * moment(1) + moment(2);
  const long double square_variance =
      4 * near * near * moment(2) + 4 * near * moment(3) + moment(4) - along * along;
  return {.log_mass = static_cast<double>(std::log(moments[0]) - near * near / 2 -
                                          std::log(2 * std::numbers::pi_v<long double>) / 2),
          .mean = static_cast<double>(near + mean),
          .variance = static_cast<double>(moments[2] / moments[0] - mean * mean),
          .square_variance = static_cast<double>(square_variance)};
}

TEST(TruncatedNormal, IsTheIntegral) {
  for (const double a : {-25.0, -8.0, -3.0, -1.0, -0.1, 0.0, 1e-3, 0.5, 2.0, 6.0, 12.0, 29.0}) {
    for (const double width : {1e-6, 1e-3, 0.004, 0.02, 0.3, 1.0, 5.0, 40.0}) {
      const TruncatedNormal found = truncated_normal(a, a + width), right = integrated(a, a + width);
      EXPECT_NEAR(found.log_mass, right.log_mass, 1e-9 * std::max(1.0, std::fabs(right.log_mass)))
          << a << " " << width;
      EXPECT_NEAR(found.mean, right.mean, 1e-9 * std::max(1.0, std::fabs(right.mean))) << a << " " << width;
      EXPECT_NEAR(found.variance, right.variance, 1e-4 * right.variance + 1e-13) << a << " " << width;
      EXPECT_NEAR(found.square_variance, right.square_variance, 0.01 * right.square_variance + 1e-10)
          << a << " " << width;
    }
  }
}

TEST(TruncatedNormal, OfBothSidesIsSymmetric) {
  for (const auto& [a, b] : {std::pair{0.3, 0.9}, {-0.2, 1.5}, {4.0, 70.0}}) {
    const TruncatedNormal right = truncated_normal(a, b), left = truncated_normal(-b, -a);
    EXPECT_EQ(left.log_mass, right.log_mass);
    EXPECT_EQ(left.mean, -right.mean);
    EXPECT_EQ(left.variance, right.variance);
  }
}

TEST(TruncatedNormal, IsFiniteHoweverFarOut) {
  for (const double a : {31.0, 300.0, 1e6, 1e100}) {
    for (const double width : {0.1 / a, 1 / a, 3 / a, a}) {
      if (a + width == a) continue;
      const TruncatedNormal found = truncated_normal(a, a + width);
      EXPECT_TRUE(std::isfinite(found.log_mass)) << a;
      EXPECT_GE(found.mean, a);
      EXPECT_LE(found.mean, a + width);
      EXPECT_GE(found.variance, 0);
      if (a > 300) continue;
      const TruncatedNormal right = integrated(a, a + width);
      EXPECT_NEAR(found.log_mass, right.log_mass, 2e-3);
      EXPECT_NEAR(found.mean - a, right.mean - a, 0.01 * (right.mean - a));
      EXPECT_NEAR(found.variance, right.variance, 0.01 * right.variance);
    }
  }
}

}  // namespace
}  // namespace mirrortune::detail
