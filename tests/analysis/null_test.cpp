#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/floor.h"
#include "analysis/oracles.h"
#include "analysis/statistics.h"

namespace mirrortune {
namespace {

constexpr int kSamples = 5000;
constexpr std::size_t kChanges = 4000;

/// √n·ΔCDF of samples of independent Gaussian changes.
std::vector<double> simulated(bool center) {
  std::vector<double> values;
  for (std::uint64_t seed = 0; seed < kSamples; ++seed) {
    const auto changes = test::normals(kChanges, seed, center ? "null, centred" : "null");
    values.push_back(std::sqrt(double{kChanges}) * change_statistics(changes, center).delta_cdf);
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// The share of a sorted sample at or above `t` is `p` within three standard errors.
void expect_share(const std::vector<double>& sorted, double t, double p) {
  const auto above = sorted.end() - std::lower_bound(sorted.begin(), sorted.end(), t);
  EXPECT_NEAR(static_cast<double>(above) / kSamples, p, 3 * std::sqrt(p * (1 - p) / kSamples)) << "at " << t;
}

TEST(NullOfDeltaCdf, SimulatedShowsTheQuantilesOfTheDesign) {
  const std::map<bool, std::map<double, double>> quantiles = {
      // centred? → quantile → P(beyond)
      {false, {{1.07, .5}, {1.78, .1}, {2.07, .05}, {2.67, .01}}},
      {true, {{1.08, .1}, {1.20, .05}, {1.42, .01}}}};
  for (const auto& [center, known] : quantiles) {
    const auto values = simulated(center);
    for (const auto& [t, p] : known) {
      // They are known to two digits after the point.
      const auto error = [&](double probability) {
        return 3 * std::sqrt(probability * (1 - probability) / kSamples);
      };
      const auto place = [&](double probability) {
        return values[static_cast<std::size_t>(std::clamp(probability, 0.0, 1.0) * (kSamples - 1))];
      };
      EXPECT_GE(t, place(1 - p - error(p)) - 0.005) << center;
      EXPECT_LE(t, place(1 - p + error(p)) + 0.005) << center;
    }
  }
}

TEST(NullOfDeltaCdf, PValuesOfSamplesFromItAreUniform) {
  for (const bool center : {false, true}) {
    std::vector<double> p_values;
    for (const double t : simulated(center)) p_values.push_back(1 - delta_cdf_p_value(t, center));
    for (const double p : {.9, .5, .1, .05, .01}) expect_share(p_values, 1 - p, p);
  }
}

}  // namespace
}  // namespace mirrortune
