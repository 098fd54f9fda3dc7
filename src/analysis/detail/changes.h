#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "analysis/detail/count_pairs.h"
#include "analysis/layer_pairs.h"
#include "potential/potential.h"

namespace mirrortune::detail {

/// φ'(w0) and d = φ'(w) − φ'(w0) of a block. Where d is not finite (a zero weight with φ'(0) = ±∞, a value
/// beyond double's range) both are left out.
struct DualChanges {
  std::span<const double> initial;
  std::span<const double> changes;
  std::span<const double> counts;  ///< how often each occurs; empty: once
};

/// A few thousand pairs of weights of one layer, before and after; only pairs of finite weights.
class WeightBlock {
 public:
  /// Elements [begin, end) of a layer.
  void read(const LayerPairs& pairs, const LayerPair& layer, std::int64_t begin, std::int64_t end);
  /// Pairs [begin, end) of those counted in a layer.
  void take(const LayerPair& layer, const CountedPairs& counted, std::size_t begin, std::size_t end);

  std::span<const double> initial() const { return {initial_.data(), count_}; }
  std::span<const double> final_weights() const { return {final_.data(), count_}; }
  /// How often each pair occurs; empty: once.
  std::span<const double> counts() const { return {counts_.data(), counted_ ? count_ : 0}; }
  /// Pairs left out since one of them is NaN or infinite.
  std::int64_t nonfinite() const { return nonfinite_; }
  /// ln abs(w0).
  std::span<const double> log_initial() { return logs().initial; }
  /// Until the next call.
  DualChanges dual_changes(const Potential& potential);

 private:
  struct Logs {
    std::span<const double> initial, final_weights;
  };
  Logs logs();
  void resize(std::size_t count);
  void leave_out_nonfinite();

  std::vector<double> initial_, final_, counts_;
  std::vector<double> initial_duals_, changes_, kept_counts_;
  std::vector<double> initial_logs_, final_logs_;
  bool has_logs_ = false;
  bool counted_ = false;
  std::size_t count_ = 0;
  std::int64_t nonfinite_ = 0;
};

/// Elements [begin, end) of a layer.
struct Piece {
  std::size_t layer;
  std::int64_t begin;
  std::int64_t end;
};

/// Reads a piece block by block.
void for_each_block(const LayerPairs& pairs, const Piece& piece,
                    const std::function<void(WeightBlock&)>& body);

/// The same, but of weights in 16 bits each pair of numbers comes once, with its count: there are few of
/// them, and what is computed of a pair costs more than to find its like.
void for_each_counted_block(const LayerPairs& pairs, const Piece& piece,
                            const std::function<void(WeightBlock&)>& body);

}  // namespace mirrortune::detail
