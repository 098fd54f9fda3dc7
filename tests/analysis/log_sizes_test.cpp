#include "analysis/detail/log_sizes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/oracles.h"

namespace mirrortune {
namespace {

/// Weights of every size: near 1, where ln is small, over the whole range of double, and at its ends.
std::vector<double> awkward_weights() {
  using limits = std::numeric_limits<double>;
  std::vector<double> weights = {1.0,           -1.0,          std::sqrt(0.5), std::sqrt(2.0),
                                 limits::min(), limits::max(), 0x1p-1022,      2.0};
  for (const double w : std::vector(weights)) {
    for (const double to : {0.0, limits::max()}) weights.push_back(std::nextafter(w, to));
  }
  for (int exponent = -1021; exponent <= 1023; ++exponent) weights.push_back(std::ldexp(-1.3, exponent));
  for (const double z : test::normals(100'000, 41, "logs")) {
    weights.push_back(std::exp(z) * (z < 0 ? -1 : 1));
    weights.push_back(1 + 1e-3 * z);
    weights.push_back(std::exp(std::clamp(200 * z, -700.0, 700.0)));
  }
  return weights;
}

TEST(LogSizes, AreWithinAnUlpOfTheLogarithmInLongDouble) {
  const auto weights = awkward_weights();
  std::vector<double> logs(weights.size());
  detail::log_sizes(weights, logs);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const long double expected = std::log(std::abs(static_cast<long double>(weights[i])));
    const double size = std::abs(static_cast<double>(expected));
    const double ulp = std::nextafter(size, std::numeric_limits<double>::max()) - size;
    ASSERT_LE(std::abs(static_cast<double>(logs[i] - expected)), ulp) << weights[i];
  }
}

TEST(LogSizes, OfZerosAreMinusInfinityAndOfDenormalNumbersTheLibrarys) {
  const double denormal = std::numeric_limits<double>::denorm_min(),
               infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> weights = {0.0, -0.0, denormal, -3 * denormal, 0x1p-1023, 1.0};
  std::vector<double> logs(weights.size());
  detail::log_sizes(weights, logs);
  EXPECT_EQ(logs, (std::vector<double>{-infinity, -infinity, std::log(denormal), std::log(3 * denormal),
                                       std::log(0x1p-1023), 0.0}));
}

TEST(LogSizes, OfAFewWeightsAreThoseOfMany) {
  const auto weights = awkward_weights();
  std::vector<double> all(weights.size());
  detail::log_sizes(weights, all);
  for (const std::size_t n : {0u, 1u, 2u, 3u, 17u}) {
    std::vector<double> few(n);
    detail::log_sizes(std::span(weights).first(n), few);
    EXPECT_TRUE(std::equal(few.begin(), few.end(), all.begin()));
  }
}

}  // namespace
}  // namespace mirrortune
