#include "analysis/detail/first_pass.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/detail/changes.h"
#include "analysis/detail/lanes.h"
#include "base/parallel.h"

namespace mirrortune::detail {
namespace {

/// Weights of a layer that one thread takes at a time: more of those in 16 bits, of which few pairs differ.
std::int64_t weights_of_a_piece(const LayerPair& layer) {
  return is_stored_in_16_bits(layer) ? 1 << 20 : 1 << 18;
}

std::vector<Piece> cut(const LayerPairs& pairs) {
  std::vector<Piece> pieces;
  for (std::size_t layer = 0; layer < pairs.layers().size(); ++layer) {
    const std::int64_t n = pairs.layers()[layer].elements;
    const std::int64_t step = weights_of_a_piece(pairs.layers()[layer]);
    for (std::int64_t begin = 0; begin < n; begin += step) {
      pieces.push_back({.layer = layer, .begin = begin, .end = std::min(begin + step, n)});
    }
  }
  return pieces;
}

double sum_of_squares(std::span<const double> values, std::span<const double> counts) {
  return for_counts(counts, [values](auto count_of) {
    const auto [sum] = sums_in_lanes<1>(
        values.size(), [=](std::size_t i) { return std::array{count_of(i) * values[i] * values[i]}; });
    return sum;
  });
}

/// ln abs(w0) of the weights that are not zero.
Moments moments_of_logs(WeightBlock& block) {
  const auto logs = block.log_initial(), counts = block.counts();
  std::vector<double> kept, kept_counts;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (std::isinf(logs[i])) continue;
    kept.push_back(logs[i]);
    if (!counts.empty()) kept_counts.push_back(counts[i]);
  }
  return Moments::of(kept, kept_counts);
}

/// Zeros, flips and ln abs(w0), which no potential changes.
void add_weights(LayerSums& sums, WeightBlock& block) {
  const auto before = block.initial(), after = block.final_weights();
  const auto [zeros_before, zeros, flips] = for_counts(block.counts(), [=](auto count_of) {
    return sums_in_lanes<3>(before.size(), [=](std::size_t i) {
      const bool starts_at_zero = before[i] == 0;
      const bool has_zero = starts_at_zero | (after[i] == 0);
      const bool flips_sign = ((before[i] < 0) & (after[i] > 0)) | ((before[i] > 0) & (after[i] < 0));
      const auto counted = [&](bool holds) { return holds ? double{count_of(i)} : 0.0; };
      return std::array{counted(starts_at_zero), counted(has_zero), counted(flips_sign)};
    });
  });
  sums.zeros += static_cast<std::int64_t>(zeros);
  sums.sign_flips += static_cast<std::int64_t>(flips);
  sums.nonfinite += block.nonfinite();
  sums.log_initial.merge(zeros_before == 0 ? Moments::of(block.log_initial(), block.counts())
                                           : moments_of_logs(block));
}

LayerSums sums_of(const LayerPairs& pairs, const Piece& piece, std::span<const Potential> potentials) {
  LayerSums sums;
  sums.changes.resize(potentials.size());
  for_each_counted_block(pairs, piece, [&](WeightBlock& block) {
    add_weights(sums, block);
    sums.rounding.add(pairs.layers()[piece.layer], block);
    for (std::size_t k = 0; k < potentials.size(); ++k) {
      const auto dual = block.dual_changes(potentials[k]);
      sums.changes[k].moments.merge(Moments::of(dual.changes, dual.counts));
      sums.changes[k].initial_squares += sum_of_squares(dual.initial, dual.counts);
    }
  });
  return sums;
}

}  // namespace

void LayerSums::merge(const LayerSums& other) {
  zeros += other.zeros;
  sign_flips += other.sign_flips;
  nonfinite += other.nonfinite;
  rounding.merge(other.rounding);
  log_initial.merge(other.log_initial);
  for (std::size_t k = 0; k < changes.size(); ++k) {
    changes[k].moments.merge(other.changes[k].moments);
    changes[k].initial_squares += other.changes[k].initial_squares;
  }
}

std::vector<LayerSums> first_pass(const LayerPairs& pairs, const EvaluationRequest& request) {
  const auto pieces = cut(pairs);
  std::vector<LayerSums> parts(pieces.size());
  parallel_for(static_cast<std::int64_t>(pieces.size()), request.threads, [&](std::int64_t i) {
    const auto place = static_cast<std::size_t>(i);
    parts[place] = sums_of(pairs, pieces[place], request.potentials);
  });
  std::vector<LayerSums> layers(pairs.layers().size());
  for (auto& layer : layers) layer.changes.resize(request.potentials.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) layers[pieces[i].layer].merge(parts[i]);
  return layers;
}

}  // namespace mirrortune::detail
