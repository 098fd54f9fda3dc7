#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "geometry/change_model.h"

namespace mirrortune {

/// Both ends; an end that was not found (the likelihood hardly falls on that side) is ±infinity.
struct Interval {
  double low = 0;
  double high = 0;

  bool contains(double value) const { return low <= value && value <= high; }
  double width() const { return high - low; }
};

/// A model for every λ.
using Family = std::function<std::unique_ptr<ChangeModel>(double lambda)>;

/// The profile likelihood ℓ(λ) = max over σ, at one λ.
struct ProfilePoint {
  double lambda = 0;
  double sigma = 0;
  double log_likelihood = 0;
};

/// The most likely λ and what lies around it.
struct Profile {
  ProfilePoint best;
  std::vector<ProfilePoint> curve;  ///< by rising λ, as far as the search went
  Interval interval;                ///< 95 %: where ℓ is less than 1.92 below its maximum
};

/// How far ℓ falls from its maximum to the ends of a 95 % interval: half the 95 % quantile of χ² with one
/// degree of freedom.
inline constexpr double kProfileDrop = 1.9207294103470618;

/// Where λ is looked for: Burg is −1, and no potential in use is beyond the 5-norm.
inline constexpr double kLeastLambda = -2.0;
inline constexpr double kGreatestLambda = 5.0;

/// A scan in steps of ½, Brent's method in the best bracket, and the two ends of the interval by bisection.
Profile profile_likelihood(const Family& family);

/// ℓ for a picture, by rising λ: in even steps to twice as far from the maximum as the ends of the interval
/// lie (±1 for an end that was not found), and at the maximum and both ends themselves.
std::vector<ProfilePoint> profile_curve(const Family& family, const Profile& profile);

/// The 2.5 and 97.5 % quantiles of resampled estimates; one at least.
Interval percentile_interval(std::vector<double> resampled);

/// The 95 % interval of λ from a cluster bootstrap: `resamples` times as many clusters as there are, drawn
/// with replacement from the stream (seed, "bootstrap"), each time the most likely (λ, σ); the 2.5 and 97.5 %
/// quantiles. Every cluster's ln p is computed once on a grid about the maximum (as wide as five standard
/// errors that hold for clusters of any dependence), and ℓ of a resample interpolated there.
/// `clusters` numbers each pair's cluster from 0 to `cluster_count` − 1; at least two.
struct Bootstrap {
  Interval interval;
  double standard_error = 0;  ///< sd of the resampled λ
};
struct ResamplingOptions {
  int resamples = 2000;
  std::uint64_t seed = 0;
  int threads = 1;  ///< 0: all cores; the result does not depend on it
};
Bootstrap bootstrap_lambda(const Family& family, const Profile& profile,
                           std::span<const std::int32_t> clusters, std::int32_t cluster_count,
                           const ResamplingOptions& options);

}  // namespace mirrortune
