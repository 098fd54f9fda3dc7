#pragma once

#include <cstdint>

#include "weights/tensor_info.h"

namespace mirrortune::detail {

inline constexpr std::size_t kMaxRank = 64;  ///< dimensions of a tensor, PyTorch's own limit
inline constexpr std::uint64_t kMaxExtent = std::uint64_t{1} << 62;

/// The name is printable text of at most 1024 bytes, every extent is ≥ 0, and the product of the extents that
/// are not 0, in bytes, fits 63 bits. Throws Refusal.
void check_info(const TensorInfo& info);

}  // namespace mirrortune::detail
