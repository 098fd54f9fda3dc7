#pragma once

#include <cstdint>
#include <span>

#include "weights/detail/contents.h"

namespace mirrortune::detail {

/// The elements of a view with any strides ≥ 0, in row-major order. Reads stretches of at most 8 MiB, split
/// along the largest stride, so that a transposed tensor is read once and memory stays bounded.
void gather(const RandomAccessFile& file, const TensorInfo& info, const StoredTensor& stored,
            std::span<std::byte> out);

}  // namespace mirrortune::detail
