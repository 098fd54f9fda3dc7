#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/detail/first_pass.h"
#include "analysis/layer_pairs.h"
#include "potential/potential.h"

namespace mirrortune::detail {

/// Sentences about the weights that were left out, the changes without a distribution, and the rounding.
void add_evaluation_notes(const LayerPairs& pairs, const std::vector<LayerSums>& layers,
                          std::span<const Potential> potentials, std::vector<std::string>& notes);

}  // namespace mirrortune::detail
