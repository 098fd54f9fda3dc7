#include "analysis/moments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "analysis/detail/lanes.h"

namespace mirrortune {
namespace {

/// Moments of at most a few thousand values, the i-th of them `count_of(i)` times, in two passes: the mean,
/// then the powers of the deviations from it.
template <class CountOf>
Moments block_moments(std::span<const double> values, CountOf count_of) {
  const auto [n, sum] = detail::sums_in_lanes<2>(values.size(), [=](std::size_t i) {
    return std::array{double{count_of(i)}, count_of(i) * values[i]};
  });
  const double centre = sum / n;
  const auto [s1, s2, s3, s4] = detail::sums_in_lanes<4>(values.size(), [=](std::size_t i) {
    const double d = values[i] - centre, c1 = count_of(i) * d, c2 = c1 * d;
    return std::array{c1, c2, c2 * d, c2 * (d * d)};
  });
  const double rest = s1 / n;  // what rounding left of the mean
  return {.n = static_cast<std::int64_t>(n),
          .mean = centre + rest,
          .m2 = s2 - n * rest * rest,
          .m3 = s3 - 3 * rest * s2,
          .m4 = s4 - 4 * rest * s3};
}

}  // namespace

Moments Moments::of(std::span<const double> values, std::span<const double> counts) {
  constexpr std::size_t kBlock = 2048;
  Moments moments;
  for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
    const auto block = values.subspan(begin, std::min(kBlock, values.size() - begin));
    const auto here = counts.empty() ? counts : counts.subspan(begin, block.size());
    moments.merge(
        detail::for_counts(here, [block](auto count_of) { return block_moments(block, count_of); }));
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
