#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "dataset/detail/gzip.h"

namespace mirrortune::detail {

/// The array of unsigned bytes of an IDX file.
struct IdxArray {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;  ///< row-major
};

/// IDX files with more bytes than this are refused by their header; packed ones sooner, since a small file
/// can hold as many zeros as it likes.
inline constexpr std::int64_t kMaxIdxBytes = std::int64_t{1} << 33;
inline constexpr std::int64_t kMaxPackedIdxBytes = std::int64_t{1} << 30;

/// Reads an IDX file of unsigned bytes with `dimensions` dimensions, as it is or packed by gzip: the bytes 0,
/// 0, 8 and the number of dimensions; their sizes, 32 bits each, big-endian; then the bytes themselves.
/// Memory grows only with bytes that are there. Source: http://yann.lecun.com/exdb/mnist.
///
/// Throws DataError if it is no such file, or is truncated, too long, too large or corrupt; else as
/// RandomAccessFile.
IdxArray read_idx_file(const std::filesystem::path& path, std::size_t dimensions);

/// Writes the header of an IDX file of unsigned bytes.
void write_idx_header(GzipWriter& file, std::span<const std::int64_t> shape);

}  // namespace mirrortune::detail
