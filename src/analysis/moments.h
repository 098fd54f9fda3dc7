#pragma once

#include <cstdint>
#include <span>

namespace mirrortune {

/// Number, mean and sums of the second to fourth powers of the deviations from the mean. Numerically stable:
/// never a difference of raw power sums (Pébay 2008), and pieces merge in any grouping up to rounding.
struct Moments {
  std::int64_t n = 0;
  double mean = 0;
  double m2 = 0;  ///< Σ (x − mean)²
  double m3 = 0;
  double m4 = 0;

  /// `counts`: how often each value occurs; empty: once.
  static Moments of(std::span<const double> values, std::span<const double> counts = {});
  void merge(const Moments& other);

  /// Whether the values differ by more than the rounding of their mean; if not, their spread counts as 0.
  bool varies() const;
  /// Unbiased standard deviation about the mean; NaN for n < 2.
  double sd() const;
  /// Skewness g1 = √n·m3 / m2^(3/2) and excess kurtosis g2 = n·m4 / m2² − 3; NaN if all values are equal.
  double skew() const;
  double excess_kurtosis() const;
  /// Σ x².
  double sum_of_squares() const;
  /// The moments of (x − shift) / scale.
  Moments standardised(double shift, double scale) const;
};

}  // namespace mirrortune
