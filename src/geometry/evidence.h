#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "geometry/identify.h"

namespace mirrortune {

/// A size before and the size of its change, both without sign.
struct SizeAndChange {
  double size = 0;
  double change = 0;
};

/// How changes grow with the size: to first order abs(change) = abs(size)^(1−λ)·σ·abs(z), z ~ N(0, 1).
struct ChangeGrowth {
  double slope = 0;                    ///< 1 − λ̂, of ln abs(change) over ln abs(size)
  double intercept = 0;                ///< at ln abs(size) = 0: half of the changes lie above the line
  std::vector<SizeAndChange> medians;  ///< of groups of as many changes each, by rising size
  std::vector<SizeAndChange> sample;   ///< all changes, or kMostDrawn of them
};

/// A bar of a histogram, as a density.
struct DensityBar {
  double left = 0, right = 0;
  double density = 0;
};

/// A quantile of N(0, 1) and that of the standardised changes.
struct QuantilePair {
  double normal = 0;
  double observed = 0;
};

/// The dual changes under one potential, standardised, against the standard normal distribution.
struct CandidateChanges {
  std::string potential;
  std::vector<DensityBar> histogram;    ///< from −kHistogramEnd to kHistogramEnd
  double outside = 0;                   ///< share of the changes beyond its ends
  std::vector<QuantilePair> quantiles;  ///< at even steps of the normal quantile from 0.5/n to 1 − 0.5/n
};

/// What can be drawn of an identified table.
struct TableEvidence {
  std::vector<ProfilePoint> profile;  ///< as profile_curve
  ChangeGrowth growth;
  std::vector<CandidateChanges>
      candidates;  ///< the most likely first; those that cannot have made the sizes are left out
};

/// More changes than this are sampled for a picture, without replacement.
inline constexpr std::size_t kMostDrawn = 5000;

inline constexpr double kHistogramEnd = 5;

/// The dual changes under a potential as its model has them (ChangeModel::standardised_changes at the most
/// likely σ), divided by their sd and in rising order. Their mean stays: a shift is a drift. Outliers are
/// left out; empty if what is left does not vary. All sizes must lie in the potential's domain.
std::vector<double> standardised_changes(const Potential& potential, const ChangedPairs& pairs,
                                         const ChangeModelOptions& options);

/// `result` is that of identify(pairs, options). The sample is from the stream (options.seed, "drawn
/// changes").
TableEvidence table_evidence(const Pairs& pairs, const IdentifyOptions& options,
                             const Identification& result);

}  // namespace mirrortune
