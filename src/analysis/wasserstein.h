#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mirrortune {

/// W1 = ∫ abs(F − Φ) of the empirical distribution F of `scores` from N(0, 1), exact up to rounding. Reorders
/// `scores`; there must be one at least, and all finite.
///
/// The axis is cut into about n/8 bins. Where F − Φ cannot change its sign within a bin, its area follows
/// from the number and the sum of the scores there; only the scores of the other bins are sorted: O(n) away
/// from Φ, O(n log n) at worst.
double exact_w1(std::span<double> scores);

/// A number with a bound of its error.
struct Distance {
  double value = 0;
  double error = 0;
};

/// W1 of any number of scores in constant memory, from counts in 16,000 bins of width h = 0.001 on [−8, 8]
/// and the exact excess beyond. The error is at most h/2, as F is taken to be linear within a bin (1e-6 or
/// less on 2·10⁶ smooth scores).
class W1Bins {
 public:
  /// All finite.
  void add(std::span<const double> scores);
  /// NaN without scores.
  Distance distance() const;

 private:
  static constexpr int kBins = 16000;
  static constexpr double kWidth = 0.001;
  static constexpr double kEnd = 8.0;

  std::int64_t n_ = 0;
  std::int64_t below_ = 0;  ///< z < −8
  std::vector<std::int64_t> counts_ = std::vector<std::int64_t>(kBins);
  double excess_ = 0;  ///< Σ (abs(z) − 8) of the scores beyond ±8
};

}  // namespace mirrortune
