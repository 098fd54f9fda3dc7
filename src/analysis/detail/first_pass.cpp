#include "analysis/detail/first_pass.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/detail/changes.h"
#include "analysis/detail/lanes.h"
#include "base/parallel.h"

namespace mirrortune::detail {
namespace {

constexpr std::int64_t kPiece = 1 << 18;  ///< weights of a layer that one thread takes at a time

struct Piece {
  std::size_t layer;
  std::int64_t begin;
  std::int64_t end;
};

std::vector<Piece> cut(const LayerPairs& pairs) {
  std::vector<Piece> pieces;
  for (std::size_t layer = 0; layer < pairs.layers().size(); ++layer) {
    const std::int64_t n = pairs.layers()[layer].elements;
    for (std::int64_t begin = 0; begin < n; begin += kPiece) {
      pieces.push_back({layer, begin, std::min(begin + kPiece, n)});
    }
  }
  return pieces;
}

double sum_of_squares(std::span<const double> values) {
  const auto [sum] =
      sums_in_lanes<1>(values.size(), [values](std::size_t i) { return std::array{values[i] * values[i]}; });
  return sum;
}

/// Zeros, flips and ln abs(w0), which no potential changes.
void add_weights(LayerSums& sums, WeightBlock& block) {
  const auto before = block.initial(), after = block.final_weights();
  std::int32_t zeros = 0, zeros_before = 0, flips = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    zeros_before += before[i] == 0;
    zeros += (before[i] == 0) | (after[i] == 0);
    flips += ((before[i] < 0) & (after[i] > 0)) | ((before[i] > 0) & (after[i] < 0));
  }
  sums.zeros += zeros;
  sums.sign_flips += flips;
  sums.nonfinite += block.nonfinite();
  if (zeros_before == 0) {
    sums.log_initial.merge(Moments::of(block.log_initial()));
  } else {
    std::vector<double> logs(block.log_initial().begin(), block.log_initial().end());
    std::erase_if(logs, [](double log) { return std::isinf(log); });
    sums.log_initial.merge(Moments::of(logs));
  }
}

LayerSums sums_of(const LayerPairs& pairs, const Piece& piece, std::span<const Potential> potentials) {
  LayerSums sums;
  sums.changes.resize(potentials.size());
  for_each_block(pairs, pairs.layers()[piece.layer], piece.begin, piece.end, [&](WeightBlock& block) {
    add_weights(sums, block);
    sums.rounding.add(pairs.layers()[piece.layer], block.initial(), block.final_weights());
    for (std::size_t k = 0; k < potentials.size(); ++k) {
      const auto dual = block.dual_changes(potentials[k]);
      sums.changes[k].moments.merge(Moments::of(dual.changes));
      sums.changes[k].initial_squares += sum_of_squares(dual.initial);
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
