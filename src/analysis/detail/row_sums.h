#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/detail/first_pass.h"
#include "analysis/floor.h"
#include "analysis/statistics.h"

/// What the first pass tells of the rows: everything but what their scores say.
namespace mirrortune::detail {

/// Whether the layer's changes under this potential differ from each other.
bool is_defined(const LayerSums& layer, std::size_t potential);

ChangeStatistics layer_row(const LayerSums& layer, std::size_t potential, bool center);

/// The sums of a pool of layers under one potential.
struct Pool {
  Moments moments;
  double initial_squares = 0;
  std::vector<LayerScale> scales;
  std::vector<std::size_t> layers;
  std::vector<double> units;  ///< of each layer, see Scoring
};

/// `standardise`: each layer is divided by its sd first; a layer without one is left out.
Pool pool_layers(const std::vector<LayerSums>& layers, std::span<const std::size_t> members,
                 std::size_t potential, bool standardise);

ChangeStatistics pooled_row(const std::vector<LayerSums>& layers, std::span<const std::size_t> members,
                            const Pool& pool, bool center);

/// The median of every column.
ChangeStatistics median_row(const std::vector<ChangeStatistics>& layers);

}  // namespace mirrortune::detail
