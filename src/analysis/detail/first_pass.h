#pragma once

#include <cstdint>
#include <vector>

#include "analysis/detail/evaluate.h"
#include "analysis/detail/rounding.h"
#include "analysis/moments.h"

namespace mirrortune::detail {

/// What the scores need to know first, of one layer.
struct LayerSums {
  /// Under one potential.
  struct Change {
    Moments moments;             ///< of d
    double initial_squares = 0;  ///< Σ φ'(w0)² of the same weights
  };
  std::int64_t zeros = 0;
  std::int64_t sign_flips = 0;
  std::int64_t nonfinite = 0;
  Rounding rounding;
  Moments log_initial;          ///< of ln abs(w0), zeros left out
  std::vector<Change> changes;  ///< per potential

  void merge(const LayerSums& other);
};

/// One pass over both files; the pieces are merged in their order, so that the sums do not depend on the
/// threads.
std::vector<LayerSums> first_pass(const LayerPairs& pairs, const EvaluationRequest& request);

}  // namespace mirrortune::detail
