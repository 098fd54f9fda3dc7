#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "analysis/layer_pairs.h"

#include "geometry/profile.h"

namespace mirrortune {

/// What the changes of one layer may differ in besides their geometry.
enum class ChangeScales {
  layer,            ///< one spread for all weights of the layer
  rows_and_columns  ///< a spread r_i·c_j for every output channel i and input channel j
};

/// Are the layers normalised after them (batch norm)? Then no change of an output channel is along its own
/// weights.
enum class Normalised { automatic, no, yes };

struct LayersOptions {
  LayerChoice layers = {};
  ChangeScales scales = ChangeScales::rows_and_columns;
  Normalised normalised = Normalised::automatic;  ///< automatic: what the whole network's likelihood prefers
  bool drift = true;  ///< a mean relative change of each layer (weight decay) is estimated along
  int resamples = 1000;
  /// Of a layer: whole rows, and of wide ones columns, evenly spaced. Of rounded weights a quarter.
  std::int64_t max_weights = 1 << 16;
  std::uint64_t seed = 0;
  int threads = 0;  ///< 0: all cores; the result does not depend on it
};

/// Which geometry the changes of one layer follow.
struct LayerGeometry {
  std::string layer;
  std::int64_t weights = 0;                              ///< all that the layer has
  std::int64_t n = 0;                                    ///< those that the estimate is from
  std::int64_t zeros = 0, unchanged = 0, nonfinite = 0;  ///< left out, among the weights looked at
  bool rounded = false;  ///< the weights after have 16 bits: unchanged ones are part of n
  std::int64_t sparse =
      0;                   ///< left out too: in channels with a scale of their own where fewer than 4 changed
  std::int64_t flips = 0;  ///< part of n
  double log_sd = 0;       ///< of ln abs(w0)
  double lambda = 0;       ///< NaN where it is not known
  Interval interval = {};  ///< 95 %, bootstrap over rows; both NaN with fewer than 8 rows
  Interval profile_interval = {};  ///< 95 % if all weights of the layer changed independently: too narrow
  double drift = 0;                ///< mean relative change of the weights, at the nearest λ of the grid
};

/// Where the interval of all layers is from.
inline constexpr const char* kLayersIntervalBy = "bootstrap over layers and rows";

struct LayersIdentification {
  std::vector<LayerGeometry> layers;
  double lambda = 0;  ///< of the sum of the layers' profile likelihoods: one geometry, scales of their own
  Interval interval = {};       ///< 95 %, bootstrap over layers and the rows in them
  double median = 0;            ///< of the layers' λ
  bool normalised = false;      ///< which of the two the estimates are for
  std::vector<double> grid;     ///< λ at which the profile likelihoods were computed
  std::vector<double> profile;  ///< of all layers together, less its maximum on the grid
  std::vector<std::string> notes;
};

/// The exponent λ of every layer of a network from its weights before and after, φ'' = abs(w)^(λ−1): weights
/// change as d_ij = φ'(w1) − φ'(w0) ~ N(m·φ''(w0)·w0, r_i·c_j·(1 − w0²/Σ w0²)), where the scales r of output
/// and c of input channels (of kernel places, in depthwise layers) and the drift m are profiled out; the last
/// factor is that of normalised layers, with the sum over the output channel, and 1 for others. Weights of a
/// layer are never pooled with another's; their likelihoods are summed.
///
/// Weights after that were rounded to float16 or bfloat16 (also where the file holds them in 32 bits) may
/// have been anything in their cell: p is the probability of the cell, and a weight without change tells that
/// its change was smaller. The weights before are taken as exact.
///
/// λ = 1 holds for gradient descent and for Adam alike: λ is the exponent by which the size of a change grows
/// with the weight, and does not prove mirror descent. Throws as LayerPairs.
LayersIdentification identify_layers(const std::filesystem::path& init,
                                     const std::filesystem::path& final_weights,
                                     const LayersOptions& options);

}  // namespace mirrortune
