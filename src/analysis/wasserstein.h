#pragma once

#include <span>

namespace mirrortune {

/// W1 = ∫ abs(F − Φ) of the empirical distribution F of `scores` from N(0, 1), exact up to rounding. Sorts
/// `scores`; there must be one at least, and all finite. ScoreCounts::w1() is the same from counts.
///
/// Where F − Φ does not change its sign between two scores, the area follows from the sum of those between
/// them: Φ is evaluated at few scores.
double exact_w1(std::span<double> scores);
/// The same of scores that are sorted already.
double exact_w1_of_sorted(std::span<const double> scores);

}  // namespace mirrortune
