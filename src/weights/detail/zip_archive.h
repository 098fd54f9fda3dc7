#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"

namespace mirrortune::detail {

/// One member of a zip archive; its bytes lie in the file as they are, unless it is compressed.
struct ZipMember {
  std::string name;
  std::uint64_t offset = 0;  ///< of the first byte of its data
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;  ///< as the directory says; not checked here
  bool compressed = false;
};

/// The central directory (zip and zip64) of an archive as PyTorch writes it, in its order. Throws Refusal
/// unless everything agrees: every local header and data descriptor with the directory, no two members
/// overlap or have one name, nothing is encrypted or spread over several disks, and the file ends
/// with the directory.
std::vector<ZipMember> read_zip_directory(const RandomAccessFile& file);

}  // namespace mirrortune::detail
