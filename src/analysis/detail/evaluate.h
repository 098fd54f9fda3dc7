#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/detail/groups.h"
#include "analysis/layer_pairs.h"
#include "analysis/statistics.h"
#include "potential/potential.h"

namespace mirrortune::detail {

/// What is asked of a pair of files.
struct EvaluationRequest {
  std::span<const Potential> potentials;
  std::span<const LayerGroup> groups;
  bool center = false;
  int bootstrap = 0;  ///< samples for p_bootstrap
  int threads = 0;
};

/// The rows of one potential, the layers in the order of the pairs.
struct Evaluation {
  std::vector<ChangeStatistics> layers;
  std::vector<ChangeStatistics> groups;  ///< pooled as `all`, in the order of the request
  ChangeStatistics all;
  ChangeStatistics all_standardised;
  ChangeStatistics median;
};

/// One Evaluation per potential. Sentences about what was left out or is undefined are added to `notes`. The
/// files are read in order in blocks: once for the moments, and a second time, per potential, for the scores.
std::vector<Evaluation> evaluate(const LayerPairs& pairs, const EvaluationRequest& request,
                                 std::vector<std::string>& notes);

}  // namespace mirrortune::detail
