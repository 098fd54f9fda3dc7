#pragma once

#include <cstdint>

#include "analysis/detail/changes.h"
#include "analysis/layer_pairs.h"

namespace mirrortune::detail {

/// float16 or bfloat16 at least once.
bool is_stored_in_16_bits(const LayerPair& layer);

/// How coarse the stored weights are beside their changes. An ulp is the unit in the last place, in the
/// coarser of the two types, of the larger of a weight's two sizes.
struct Rounding {
  std::int64_t weights = 0;    ///< finite before and after
  std::int64_t unchanged = 0;  ///< of them: the same number before and after
  std::int64_t measured = 0;   ///< of them: stored in 16 bits, see below
  double ulps = 0;             ///< Σ abs(w − w0)/ulp of the measured ones
  std::int64_t below_ulp = 0;  ///< measured ones that changed by less than an ulp

  void add(const LayerPair& layer, const WeightBlock& block);
  void merge(const Rounding& other);
  double unchanged_share() const;  ///< NaN without weights
  double mean_ulps() const;        ///< NaN without measured ones
};

}  // namespace mirrortune::detail
