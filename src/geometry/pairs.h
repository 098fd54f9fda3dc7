#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mirrortune {

/// The sizes of the same synapses (or weights) before and after: what every estimate of the geometry starts
/// from. Synapse i is at place i of every vector.
struct Pairs {
  std::vector<double> before;
  std::vector<double> after;
  /// Place in `group_names` of the cluster (cell, dendrite, animal) that the synapse belongs to; empty if
  /// none is known, and every synapse then is a cluster of its own.
  std::vector<std::int32_t> groups = {};
  std::vector<std::string> group_names = {};
  /// Standard errors of the sizes, in their unit, 0 or above; both are empty if none are known.
  std::vector<double> se_before = {};
  std::vector<double> se_after = {};

  std::size_t size() const { return before.size(); }
  /// Synapse `place` joins: its sizes, and its cluster and standard errors if `other` has them.
  void add(const Pairs& other, std::size_t place);
};

/// Those of the pairs whose sizes are both 0, or at the limit or above; all of them without a limit.
Pairs seen_pairs(const Pairs& pairs, const std::optional<double>& limit);

}  // namespace mirrortune
