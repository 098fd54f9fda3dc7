#include "geometry/measurement_noise.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/stream.h"

namespace mirrortune {
namespace {

RepeatedSize exact(double mean, double cv, double add) {
  return {.mean = mean, .variance = add * add + cv * cv * mean * mean, .measurements = 2};
}

/// `n` log-normal sizes, each measured so often with Gaussian noise.
std::vector<RepeatedSize> measured(std::size_t n, std::size_t times, double cv, double add) {
  const Stream sizes(3, "sizes"), errors(3, "errors");
  std::vector<RepeatedSize> repeated;
  for (std::size_t i = 0; i < n; ++i) {
    const double size = std::exp(0.8 * sizes.normal(i));
    const double sd = std::hypot(add, cv * size);
    std::vector<double> values;
    for (std::size_t k = 0; k < times; ++k) values.push_back(size + sd * errors.normal(i * times + k));
    RepeatedSize one{.measurements = times};
    for (const double value : values) one.mean += value / static_cast<double>(times);
    for (const double value : values) {
      one.variance += (value - one.mean) * (value - one.mean) / static_cast<double>(times - 1);
    }
    repeated.push_back(one);
  }
  return repeated;
}

TEST(MeasurementNoise, IsFoundExactlyInExactVariances) {
  for (const auto& [cv, add] : {std::pair{0.1, 0.05}, {0.2, 0.0}, {0.0, 0.3}}) {
    const std::vector<RepeatedSize> sizes = {exact(0.5, cv, add), exact(1, cv, add), exact(4, cv, add)};
    const MeasurementNoise noise = fit_measurement_noise(sizes);
    EXPECT_NEAR(noise.cv, cv, 1e-6);
    EXPECT_NEAR(noise.add, add, 1e-6);
    EXPECT_EQ(noise.repeats, 3u);
  }
}

TEST(MeasurementNoise, IsFoundInMeasurementsWithinItsOwnError) {
  for (const auto& [cv, add] : {std::pair{0.1, 0.1}, {0.2, 0.05}, {0.05, 0.0}, {0.0, 0.1}}) {
    const MeasurementNoise noise = fit_measurement_noise(measured(4000, 3, cv, add));
    EXPECT_NEAR(noise.cv, cv, cv > 0 ? 0.06 * cv + 0.003 : 0.02) << cv << " " << add;
    EXPECT_NEAR(noise.add, add, add > 0 ? 0.06 * add + 0.003 : 0.01) << cv << " " << add;
    EXPECT_EQ(noise.repeats, 8000u);
  }
}

TEST(MeasurementNoise, IsNeverNegative) {
  const std::vector<RepeatedSize> shrinking = {{1, 0.2, 2}, {2, 0.1, 2}, {4, 0.05, 2}};
  EXPECT_EQ(fit_measurement_noise(shrinking).cv, 0);
  EXPECT_NEAR(fit_measurement_noise(shrinking).add, std::sqrt(0.35 / 3), 1e-9);
  const std::vector<RepeatedSize> growing = {{1, 0.01, 2}, {2, 0.08, 2}, {4, 0.64, 2}};
  EXPECT_EQ(fit_measurement_noise(growing).add, 0);
  EXPECT_NEAR(fit_measurement_noise(growing).cv, std::sqrt(0.07 / 3), 1e-9);
}

TEST(MeasurementNoise, ScalesWithTheUnitOfTheSizes) {
  auto sizes = measured(500, 2, 0.1, 0.1);
  const MeasurementNoise noise = fit_measurement_noise(sizes);
  for (RepeatedSize& size : sizes) {
    size.mean *= 1e-6;
    size.variance *= 1e-12;
  }
  const MeasurementNoise scaled = fit_measurement_noise(sizes);
  EXPECT_NEAR(scaled.cv, noise.cv, 1e-6);
  EXPECT_NEAR(scaled.add * 1e6, noise.add, 1e-6);
}

TEST(MeasurementNoise, OfOneSizeIsRelative) {
  const std::vector<RepeatedSize> one = {{.mean = 2, .variance = 0.16, .measurements = 5}};
  const MeasurementNoise noise = fit_measurement_noise(one);
  EXPECT_DOUBLE_EQ(noise.cv, 0.2);
  EXPECT_EQ(noise.add, 0);
  EXPECT_EQ(noise.repeats, 4u);
}

TEST(MeasurementNoise, AtMeanZeroIsAdditive) {
  const std::vector<RepeatedSize> zero = {{.mean = 0, .variance = 0.04, .measurements = 2}};
  EXPECT_EQ(fit_measurement_noise(zero).cv, 0);
  EXPECT_DOUBLE_EQ(fit_measurement_noise(zero).add, 0.2);
}

TEST(MeasurementNoise, WithoutASpreadIsNone) {
  const std::vector<RepeatedSize> same = {{.mean = 2, .variance = 0, .measurements = 3}};
  EXPECT_EQ(fit_measurement_noise(same).cv, 0);
  EXPECT_EQ(fit_measurement_noise(same).add, 0);
  EXPECT_EQ(fit_measurement_noise(same).repeats, 2u);
  EXPECT_EQ(fit_measurement_noise({}).repeats, 0u);
}

}  // namespace
}  // namespace mirrortune
