#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace mirrortune::detail {

/// Clusters of fewer changes keep the common scale.
inline constexpr double kFewestOfCluster = 8;

/// For every pair the spread of its cluster relative to that of all: √ of the mean of `squares` in the
/// cluster over their mean, 1 for small clusters. `squares` are squared changes, less their noise where there
/// is some; a cluster whose mean would then be near 0 or below gets a twentieth of the common one.
inline std::vector<double> cluster_scales(std::span<const double> squares,
                                          std::span<const std::int32_t> clusters,
                                          std::int32_t cluster_count) {
  std::vector<double> sums(static_cast<std::size_t>(cluster_count), 0.0), counts = sums;
  double total = 0;
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const auto cluster = static_cast<std::size_t>(clusters[i]);
    sums[cluster] += squares[i];
    counts[cluster] += 1;
    total += squares[i];
  }
  const double common = total / static_cast<double>(squares.size());
  std::vector<double> scales(squares.size(), 1.0);
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const auto cluster = static_cast<std::size_t>(clusters[i]);
    if (counts[cluster] < kFewestOfCluster) continue;
    scales[i] = std::sqrt(std::max(sums[cluster] / counts[cluster] / common, 0.05));
  }
  return scales;
}

}  // namespace mirrortune::detail
