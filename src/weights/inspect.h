#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weights/weights_file.h"

namespace mirrortune {

/// What `weights inspect --values` tells of one tensor's elements.
struct ValueSummary {
  std::string sha256;                  ///< of the contiguous row-major little-endian bytes
  std::optional<double> minimum = {};  ///< over the finite elements; nothing if there are none
  std::optional<double> maximum = {};
  std::int64_t nonfinite = 0;  ///< NaN and infinite elements
};

/// One pass over the tensor in constant memory. Throws as WeightsFile::read.
ValueSummary summarize_values(const WeightsFile& file, const TensorInfo& tensor);

/// `refuse`: ExistsError (73) if the output is there.
enum class Overwrite { refuse, replace };

/// Any readable file → .safetensors with the same tensors under the same names, in constant memory. The
/// metadata are kept, with "format": "pt" added, which Python's loaders ask for.
void convert_weights(const std::filesystem::path& input, const std::filesystem::path& output,
                     Overwrite overwrite);

}  // namespace mirrortune
