#include "analysis/floor.h"

#include <cmath>

#include <gtest/gtest.h>

#include "analysis/oracles.h"
#include "analysis/statistics.h"

namespace mirrortune {
namespace {

struct Estimate {
  double mean;
  double error;  ///< standard error of the mean
};

/// Mean ΔCDF of Gaussian layers with these sizes and scales over samples.
Estimate simulated_floor(const std::vector<LayerScale>& layers, bool center, int samples) {
  std::vector<double> values;
  for (int sample = 0; sample < samples; ++sample) {
    std::vector<double> changes;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto seed = static_cast<std::uint64_t>(sample) * 100 + i;
      for (const double x : test::normals(static_cast<std::size_t>(layers[i].n), seed, "floor")) {
        changes.push_back(layers[i].sd * x);
      }
    }
    values.push_back(change_statistics(changes, center).delta_cdf);
  }
  return {test::mean_of(values), test::sd_of(values) / std::sqrt(samples)};
}

TEST(GaussianFloor, OfOneLayerIsThePublishedConstantOverRootN) {
  for (const std::int64_t n : {100, 1000, 1'000'000}) {
    const LayerScale layer{n, 3.7};
    EXPECT_NEAR(gaussian_floor({&layer, 1}, false) * std::sqrt(static_cast<double>(n)), kFloor, 0.002);
    EXPECT_NEAR(gaussian_floor({&layer, 1}, true) * std::sqrt(static_cast<double>(n)), kFloorCentred, 0.002);
  }
}

TEST(GaussianFloor, DoesNotKnowHowOneScaleIsCutIntoLayers) {
  const LayerScale whole{3000, 2.0};
  const std::vector<LayerScale> parts = {{1000, 2.0}, {500, 2.0}, {1500, 2.0}};
  EXPECT_NEAR(gaussian_floor(parts, false), gaussian_floor({&whole, 1}, false), 1e-12);
}

TEST(GaussianFloor, AgreesWithSimulatedLayers) {
  const std::vector<std::vector<LayerScale>> cases = {{{200, 1.0}},
                                                      {{300, 1.0}, {300, 1.3}},
                                                      {{500, 0.5}, {100, 2.0}, {400, 1.0}},
                                                      {{1000, 1.0}, {1000, 5.0}}};
  for (const auto& layers : cases) {
    for (const bool center : {false, true}) {
      const auto simulated = simulated_floor(layers, center, 400);
      EXPECT_NEAR(gaussian_floor(layers, center), simulated.mean,
                  4 * simulated.error + 0.01 * simulated.mean);
    }
  }
}

TEST(GaussianFloor, OfManyWeightsIsTheDistanceOfTheMixtureAlone) {
  const std::vector<LayerScale> layers = {{1'000'000'000, 1.0}, {3'000'000'000, 2.0}};
  const double sd = std::sqrt((1 + 3 * 4) / 4.0);
  double expected = 0;
  for (int k = 0; k < 1000; ++k) {
    const double x = test::published_grid(k);
    expected +=
        std::abs((test::phi_cdf(x * sd) + 3 * test::phi_cdf(x * sd / 2)) / 4 - test::phi_cdf(x)) * 10 / 999;
  }
  EXPECT_NEAR(gaussian_floor(layers, false), expected, 2e-5);
}

TEST(GaussianFloor, IsUndefinedWithoutASpread) {
  EXPECT_TRUE(std::isnan(gaussian_floor({}, false)));
  const LayerScale still{10, 0.0}, single{1, 1.0};
  EXPECT_TRUE(std::isnan(gaussian_floor({&still, 1}, false)));
  EXPECT_TRUE(std::isnan(gaussian_floor({&single, 1}, false)));
}

TEST(DeltaCdfPValue, IsThatOfThePublishedQuantilesOfTheNull) {
  const std::vector<std::pair<double, double>> uncentred = {{1.07, .5}, {1.78, .1}, {2.07, .05}, {2.67, .01}};
  const std::vector<std::pair<double, double>> centred = {{1.08, .1}, {1.20, .05}, {1.42, .01}};
  // The quantiles are published with two digits after the point.
  const auto expect = [](const auto& quantiles, bool center) {
    for (const auto& [t, p] : quantiles) {
      EXPECT_GE(p, delta_cdf_p_value(t + 0.011, center) * 0.98) << t;
      EXPECT_LE(p, delta_cdf_p_value(t - 0.011, center) * 1.02) << t;
    }
  };
  expect(uncentred, false);
  expect(centred, true);
}

TEST(DeltaCdfPValue, FallsWithoutAStepFromOneToZero) {
  for (const bool center : {false, true}) {
    EXPECT_NEAR(delta_cdf_p_value(0, center), 1, 1e-4);
    double before = 1;
    for (double t = 0.3; t < 60; t += 0.01) {
      const double p = delta_cdf_p_value(t, center);
      EXPECT_LE(p, before);
      if (t > 0.7 && t < 2.5) {
        EXPECT_GT(p, before * 0.8) << t;
      }
      before = p;
    }
    EXPECT_EQ(before, 0);
    EXPECT_TRUE(std::isnan(delta_cdf_p_value(std::nan(""), center)));
  }
}

TEST(DeltaCdfPValue, OfTheTailIsNotBelowThatOfTheShiftOfTheMean) {
  // A shift of the mean alone moves √n·ΔCDF by a standard normal number: a lower bound of the tail.
  for (double t = 3; t < 12; t += 0.5) EXPECT_GT(delta_cdf_p_value(t, false), std::erfc(t / std::sqrt(2.0)));
}

}  // namespace
}  // namespace mirrortune
