#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "analysis/layer_pairs.h"
#include "potential/potential.h"

namespace mirrortune::detail {

/// A few thousand weights of one layer before and after; only pairs of finite weights.
struct WeightBlock {
  std::span<const double> initial;
  std::span<const double> final_weights;
  std::int64_t nonfinite = 0;  ///< pairs left out since one of them is NaN or infinite
};

/// Reads elements [begin, end) of a layer block by block.
void for_each_block(const LayerPairs& pairs, const LayerPair& layer, std::int64_t begin, std::int64_t end,
                    const std::function<void(const WeightBlock&)>& body);

/// φ'(w0) and d = φ'(w) − φ'(w0) of a block. Where d is not finite (a zero weight with φ'(0) = ±∞, a value
/// beyond double's range) both are left out.
class DualChanges {
 public:
  void compute(const Potential& potential, const WeightBlock& block);
  std::span<const double> initial_duals() const { return {initial_.data(), count_}; }
  std::span<const double> changes() const { return {changes_.data(), count_}; }

 private:
  std::vector<double> initial_;
  std::vector<double> changes_;
  std::size_t count_ = 0;
};

}  // namespace mirrortune::detail
