#pragma once

#include <cstddef>
#include <span>

#include "weights/detail/contents.h"

namespace mirrortune::detail {

/// Reads the record once, in constant memory, unless that was done before. Throws Refusal if its CRC-32
/// differs.
void verify(const RandomAccessFile& file, const Record& record);

/// Reads the whole record into `out` of its size, verified in the same pass. Throws Refusal if its CRC-32
/// differs.
void read_verified(const RandomAccessFile& file, const Record& record, std::span<std::byte> out);

}  // namespace mirrortune::detail
