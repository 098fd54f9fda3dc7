#pragma once

#include <span>

namespace mirrortune {

/// W1 = ∫ abs(F − Φ) of the empirical distribution F of `scores` from N(0, 1), exact up to rounding. Reorders
/// `scores`; there must be one at least, and all finite. ScoreCounts::w1() is the same from counts.
///
/// The axis is cut into about n/8 bins. Where F − Φ cannot change its sign within a bin, its area follows
/// from the number and the sum of the scores there; only the scores of the other bins are sorted: O(n) away
/// from Φ, O(n log n) at worst.
double exact_w1(std::span<double> scores);

}  // namespace mirrortune
