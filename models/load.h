#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/network.h"
#include "models/options.h"

namespace mirrortune {

class WeightsFile;

/// How a file's tensors match a network's state dict. Floats of any width match floats (they are converted to
/// float32), integers match integers; everything else is a mismatch. `num_batches_tracked` may be missing.
struct LoadReport {
  std::int64_t entries = 0;             ///< of the network's state dict
  std::int64_t loaded = 0;              ///< of them, those that the file holds in the right shape and kind
  std::int64_t counters_left_out = 0;   ///< `num_batches_tracked` that the file lacks: they start at 0
  std::vector<std::string> missing;     ///< names that the network has and the file lacks
  std::vector<std::string> unexpected;  ///< names that the file has and the network lacks
  std::vector<std::string> mismatched;  ///< "fc.bias: [200] in the file, [1000] in the network"

  bool matches() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }
};

LoadReport compare_state(const Network& network, const WeightsFile& file);

/// Gives the network its start: the file `options.weights`, or random weights from Stream(seed, "init") for
/// "none". The match is strict both ways. A head of another size in the file is an error unless
/// `options.reinit_head`, which draws the head anew from Stream(seed, "head"). Throws WeightsError listing
/// everything that does not match, or every tensor with NaN or infinities unless `options.allow_nonfinite`;
/// and as WeightsFile::open.
void load_weights(Network& network, const ModelOptions& options, std::uint64_t seed);

/// Random start as torchvision's constructors draw it (see ConvStart), element by element from Stream(seed,
/// "init").
void draw_weights(Network& network, std::uint64_t seed);

/// What a network makes of one fixed input in eval mode: a check that weights were read as meant.
struct Fingerprint {
  double norm = 0;             ///< of all outputs
  std::vector<double> first8;  ///< the first 8 outputs, fewer if there are fewer classes
};

/// Of the made image [1, 3, 224, 224] (models/made_input.h, seed 1 + 224), so that made weights give the
/// golden files' values; of a network of rows, of made rows [1, 28, 28] (seed 1 + 28).
Fingerprint fingerprint(Network& network);

}  // namespace mirrortune
