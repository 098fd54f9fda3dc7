#include "geometry/geometry.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

const std::vector<double> kLambdas = {-1, -0.3, 0, 1e-14, 0.5, 1, 2, 3.7};
const std::vector<double> kSizes = {1e-9, 0.03, 0.7, 1, 5, 1e6};

/// sgn(w0)·(φ'(w1) − φ'(w0)) by the definition, in long double.
long double change_by_definition(double lambda, double before, double after) {
  const auto dual = [&](long double w) {
    const long double size = std::fabs(w), power = lambda;
    const long double value = std::fabs(lambda) < 1e-6 ? std::log(size) : std::pow(size, power) / power;
    return w < 0 ? -value : value;
  };
  const long double change = dual(after) - dual(before);
  return before < 0 ? -change : change;
}

TEST(PowerGeometry, ChangeIsTheDifferenceOfTheDuals) {
  for (const double lambda : kLambdas) {
    for (const double before : kSizes) {
      for (const double factor : {0.2, 0.9, 1 + 1e-7, 3.0}) {
        const double after = before * factor;
        const auto expected = static_cast<double>(change_by_definition(lambda, before, after));
        for (const double sign : {1.0, -1.0}) {
          const double change = PowerGeometry{lambda}.change(Size::of(sign * before), Size::of(sign * after));
          EXPECT_NEAR(change, expected, 1e-6 * std::fabs(expected))
              << lambda << " " << before << " " << factor;
        }
      }
    }
  }
}

TEST(PowerGeometry, AFlippedSizeHasGoneThroughZero) {
  const PowerGeometry geometry{2};
  EXPECT_DOUBLE_EQ(geometry.change(Size::of(3), Size::of(-1)), -(9.0 + 1.0) / 2);
  EXPECT_DOUBLE_EQ(geometry.change(Size::of(-3), Size::of(1)), -(9.0 + 1.0) / 2);
}

TEST(PowerGeometry, MovingUndoesTheChange) {
  for (const double lambda : kLambdas) {
    const PowerGeometry geometry{lambda};
    for (const double before : kSizes) {
      for (const double after : {before * 0.4, before * 1.001, before * 2, -before * 0.5}) {
        if (after < 0 && !(lambda > 1e-3)) continue;
        const double change = geometry.change(Size::of(before), Size::of(after));
        EXPECT_NEAR(geometry.moved(Size::of(before), change).value() / after, 1, 1e-9)
            << lambda << " " << before << " " << after;
      }
    }
  }
}

TEST(PowerGeometry, MarginIsTheChangeDownToTheLimit) {
  for (const double lambda : kLambdas) {
    const PowerGeometry geometry{lambda};
    EXPECT_NEAR(geometry.margin(Size::of(2), std::log(0.5)), -geometry.change(Size::of(2), Size::of(0.5)),
                1e-12);
  }
  EXPECT_DOUBLE_EQ(PowerGeometry{2}.margin(Size::of(3), -INFINITY), 4.5);
  EXPECT_EQ(PowerGeometry{0}.margin(Size::of(3), -INFINITY), INFINITY);
}

TEST(PotentialGeometry, OfAPNormIsThePowerButForItsUnit) {
  for (const auto& [text, lambda] : {std::pair{"3-norm", 2.0}, {"1.5-norm", 0.5}, {"2-norm", 1.0}}) {
    const PotentialGeometry norm{parse_potential(text)};
    const PowerGeometry power{lambda};
    for (const double after : {0.2, 0.9, 4.0, -0.3}) {
      const Size w0 = Size::of(0.8), w1 = Size::of(after);
      EXPECT_NEAR(norm.change(w0, w1), lambda * power.change(w0, w1), 1e-12) << text;
      EXPECT_NEAR(norm.log_curvature(w1), std::log(lambda) + power.log_curvature(w1), 1e-12) << text;
      EXPECT_NEAR(norm.per_relative_change(w0), lambda * power.per_relative_change(w0), 1e-12) << text;
    }
    EXPECT_NEAR(norm.margin(Size::of(0.8), std::log(0.1)),
                lambda * power.margin(Size::of(0.8), std::log(0.1)), 1e-12);
    EXPECT_TRUE(norm.can_flip());
  }
  EXPECT_FALSE(PotentialGeometry{parse_potential("negative_entropy")}.can_flip());
}

}  // namespace
}  // namespace mirrortune
