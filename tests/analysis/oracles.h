#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "analysis/statistics.h"
#include "base/stream.h"

namespace mirrortune::test {

/// n standard normal numbers of a named stream.
inline std::vector<double> normals(std::size_t n, std::uint64_t seed, std::string_view purpose = "normals") {
  const Stream stream(seed, purpose);
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = stream.normal(i);
  return values;
}

inline double mean_of(const std::vector<double>& values) {
  long double sum = 0;
  for (const double value : values) sum += value;
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

/// Mean of the powers of the deviations, in long double.
inline double central_moment(const std::vector<double>& values, int power) {
  long double mean = 0, sum = 0;
  for (const double value : values) mean += value;
  mean /= static_cast<long double>(values.size());
  for (const double value : values) sum += std::pow(value - mean, power);
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

/// The unbiased standard deviation about the mean.
inline double sd_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  return std::sqrt(central_moment(values, 2) * n / (n - 1));
}

inline double phi_cdf(double x) { return (1 + std::erf(x / std::sqrt(2.0))) / 2; }

/// Φ⁻¹((i + offset)/n), i = 0 … n (n not with an offset), by bisection on [−40, 40].
inline std::vector<double> quantiles_at(std::size_t n, double offset) {
  std::vector<double> quantiles;
  double low = -40;
  for (std::size_t i = 0; i < n + (offset == 0); ++i) {
    const double p = (static_cast<double>(i) + offset) / static_cast<double>(n);
    double high = 40, x = 0;
    for (int step = 0; step < 70; ++step) {
      x = (low + high) / 2;
      (phi_cdf(x) < p ? low : high) = x;
    }
    quantiles.push_back(low = x);
  }
  return quantiles;
}

inline std::vector<double> normal_quantiles(std::size_t n) { return quantiles_at(n, 0.5); }

/// numpy.linspace(-5, 5, 1000)[k].
inline double published_grid(int k) { return k == 999 ? 5.0 : k * (10.0 / 999) + -5.0; }

/// Gaussian scores, and on top of them every kind of place where `<` and `≤` differ.
inline std::vector<double> scores_with_ties(std::size_t n) {
  auto scores = normals(n, 5, "scores");
  const double infinity = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 1000; k += 7) {
    const double x = published_grid(k);
    for (const double z : {x, std::nextafter(x, -infinity), std::nextafter(x, infinity)}) scores.push_back(z);
  }
  for (int i = 0; i <= ScoreHistogram::kBins; ++i) {
    const double edge = ScoreHistogram::edge(i);
    for (const double z : {edge, std::nextafter(edge, -infinity), std::nextafter(edge, infinity)})
      scores.push_back(z);
  }
  for (const double z : {-5.0, 5.0, -8.0, 8.0, -0.0, 0.0, -1e9, 1e9, 8.5, -123.0}) scores.push_back(z);
  return scores;
}

/// ΔCDF of scores word for word: Σ abs(mean(z < x) − Φ(x))·10/999.
inline double naive_delta_cdf(const std::vector<double>& scores) {
  double sum = 0;
  for (int k = 0; k < 1000; ++k) {
    const double x = published_grid(k);
    const auto smaller = std::count_if(scores.begin(), scores.end(), [x](double z) { return z < x; });
    sum += std::abs(static_cast<double>(smaller) / static_cast<double>(scores.size()) - phi_cdf(x));
  }
  return sum * 10 / 999;
}

/// ∫ abs(F − Φ) by the midpoint rule in steps of 1e-4 on [−12, 12] and, beyond, the exact excess.
inline double naive_w1(std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  const double n = static_cast<double>(scores.size()), h = 1e-4;
  double sum = 0;
  std::size_t smaller = 0;
  for (int i = 0; i < 240000; ++i) {
    const double x = -12 + (i + 0.5) * h;
    while (smaller < scores.size() && scores[smaller] < x) ++smaller;
    sum += h * std::abs(static_cast<double>(smaller) / n - phi_cdf(x));
  }
  for (const double z : scores) sum += std::max(0.0, std::abs(z) - 12) / n;
  return sum;
}

/// sup abs(F − Φ): both sides of every step.
inline double naive_ks(std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  const auto n = static_cast<double>(scores.size());
  double largest = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (const double step : {0.0, 1.0}) {
      largest = std::max(largest, std::abs((static_cast<double>(i) + step) / n - phi_cdf(scores[i])));
    }
  }
  return largest;
}

/// A² by its sum over order statistics (Anderson & Darling 1954), in long double.
inline double naive_anderson_darling(std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  const auto n = scores.size();
  long double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const long double below = std::erfc(-scores[i] / std::sqrt(2.0L)) / 2;
    const long double above = std::erfc(scores[n - 1 - i] / std::sqrt(2.0L)) / 2;
    sum += (2 * static_cast<long double>(i) + 1) * (std::log(below) + std::log(above));
  }
  return static_cast<double>(-static_cast<long double>(n) - sum / static_cast<long double>(n));
}

/// Mean of Σ_k coefficients[k]·(k-th smallest) over all samples of coefficients.size() scores out of
/// `scores`.
inline double mean_over_subsets(std::vector<double> scores, const std::vector<double>& coefficients) {
  std::sort(scores.begin(), scores.end());
  double sum = 0, subsets = 0;
  std::vector<bool> chosen(scores.size());
  std::fill_n(chosen.begin(), coefficients.size(), true);
  do {
    std::size_t k = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (chosen[i]) sum += coefficients[k++] * scores[i];
    }
    ++subsets;
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
  return sum / subsets;
}

/// numpy.quantile.
inline double naive_quantile(std::vector<double> scores, double p) {
  std::sort(scores.begin(), scores.end());
  const double place = p * static_cast<double>(scores.size() - 1);
  const auto i = static_cast<std::size_t>(place);
  const double next = scores[std::min(i + 1, scores.size() - 1)];
  return scores[i] + (next - scores[i]) * (place - static_cast<double>(i));
}

}  // namespace mirrortune::test
