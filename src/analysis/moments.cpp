#include "analysis/moments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace mirrortune {
namespace {

constexpr std::size_t kLanes = 4;  // independent sums, so that the additions need not wait for each other

/// Moments of at most a few thousand values in two passes: the mean, then the powers of the deviations from
/// it.
Moments block_moments(std::span<const double> values) {
  std::array<double, kLanes> sum{}, s1{}, s2{}, s3{}, s4{};
  const std::size_t whole = values.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) sum[k] += values[i + k];
  }
  for (std::size_t i = whole; i < values.size(); ++i) sum[0] += values[i];
  const auto n = static_cast<double>(values.size());
  const double centre = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / n;
  const auto add = [&](std::size_t k, double value) {
    const double d = value - centre;
    const double d2 = d * d;
    s1[k] += d;
    s2[k] += d2;
    s3[k] += d2 * d;
    s4[k] += d2 * d2;
  };
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) add(k, values[i + k]);
  }
  for (std::size_t i = whole; i < values.size(); ++i) add(0, values[i]);
  const auto total = [](const std::array<double, kLanes>& s) { return (s[0] + s[1]) + (s[2] + s[3]); };
  const double rest = total(s1) / n;  // what rounding left of the mean
  return {static_cast<std::int64_t>(values.size()), centre + rest, total(s2) - n * rest * rest,
          total(s3) - 3 * rest * total(s2), total(s4) - 4 * rest * total(s3)};
}

}  // namespace

Moments Moments::of(std::span<const double> values) {
  constexpr std::size_t kBlock = 2048;
  Moments moments;
  while (!values.empty()) {
    const std::size_t count = std::min(kBlock, values.size());
    moments.merge(block_moments(values.first(count)));
    values = values.subspan(count);
  }
  return moments;
}

void Moments::merge(const Moments& other) {
  if (other.n == 0) return;
  if (n == 0) {
    *this = other;
    return;
  }
  const auto a = static_cast<double>(n);
  const auto b = static_cast<double>(other.n);
  const double all = a + b;
  const double delta = other.mean - mean;
  const double part = delta / all;
  const double product = delta * part * a * b;  // δ²·ab/n
  m4 += other.m4 + product * part * part * (a * a - a * b + b * b) +
        6 * part * part * (a * a * other.m2 + b * b * m2) + 4 * part * (a * other.m3 - b * m3);
  m3 += other.m3 + product * part * (a - b) + 3 * part * (a * other.m2 - b * m2);
  m2 += other.m2 + product;
  mean += part * b;
  n += other.n;
}

bool Moments::varies() const {
  const double rounding = 8 * std::numeric_limits<double>::epsilon() * mean;
  return m2 > static_cast<double>(n) * rounding * rounding;
}

double Moments::sd() const {
  if (n < 2) return std::numeric_limits<double>::quiet_NaN();
  return varies() ? std::sqrt(m2 / static_cast<double>(n - 1)) : 0.0;
}

double Moments::skew() const {
  if (!varies()) return std::numeric_limits<double>::quiet_NaN();
  return std::sqrt(static_cast<double>(n) / m2) * (m3 / m2);
}

double Moments::excess_kurtosis() const {
  if (!varies()) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(n) * (m4 / m2) / m2 - 3;
}

double Moments::sum_of_squares() const { return m2 + static_cast<double>(n) * mean * mean; }

Moments Moments::standardised(double shift, double scale) const {
  const double s2 = scale * scale;
  return {n, (mean - shift) / scale, m2 / s2, m3 / (s2 * scale), m4 / (s2 * s2)};
}

}  // namespace mirrortune
