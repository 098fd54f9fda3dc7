#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cli/globals.h"
#include "dataset/image_index.h"
#include "dataset/options.h"
#include "models/network.h"
#include "train/predict.h"

namespace mirrortune::cli {

/// What the network, moved to the device asked for, makes of these rows of the index, in their order. The
/// images are decoded a part at a time, so that memory does not grow with the folder. Tells its progress.
std::vector<Prediction> predict_rows(Network& network, const ImageIndex& index, const DataOptions& data,
                                     std::span<const std::int64_t> rows, std::int64_t batch_size,
                                     const Globals& globals);

}  // namespace mirrortune::cli
