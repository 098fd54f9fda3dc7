#pragma once

#include "weights/detail/contents.h"

namespace mirrortune::detail {

/// Reads the record once, in constant memory, unless that was done before. Throws Refusal if its CRC-32
/// differs.
void verify(const RandomAccessFile& file, const Record& record);

}  // namespace mirrortune::detail
