#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace mirrortune {

/// The element types that this project keeps in .npy files: uint8, int64, float64, little-endian.
enum class NpyType { u1, i8, f8 };

/// Bytes of one element.
std::size_t size_of(NpyType type);

/// What stands before the data of a .npy file: C order, format version 1.0, padded to 64 bytes as numpy pads
/// it.
std::string npy_header(NpyType type, std::span<const std::int64_t> shape);

/// Writes a C-ordered array whole or not at all. `bytes` must be as long as the shape says.
void write_npy(const std::filesystem::path& path, NpyType type, std::span<const std::int64_t> shape,
               std::span<const std::byte> bytes);
void write_npy(const std::filesystem::path& path, std::span<const std::int64_t> shape,
               std::span<const double> values);
void write_npy(const std::filesystem::path& path, std::span<const std::int64_t> shape,
               std::span<const std::int64_t> values);

/// A .npy file opened for reading. Only C-ordered u1, <i8 and <f8 arrays whose file is exactly as long as
/// their shape says are accepted; anything else throws DataError naming the file, before anything is
/// allocated.
class NpyFile {
 public:
  explicit NpyFile(const std::filesystem::path& path);

  NpyType type() const { return type_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t elements() const { return elements_; }
  /// Fills `out` with bytes of the data, from byte `offset` of it.
  void read(std::uint64_t offset, std::span<std::byte> out) const { file_.read(data_offset_ + offset, out); }

 private:
  void parse_header(const std::string& text);

  RandomAccessFile file_;
  NpyType type_ = NpyType::u1;
  std::vector<std::int64_t> shape_;
  std::int64_t elements_ = 0;
  std::uint64_t data_offset_ = 0;
};

}  // namespace mirrortune
