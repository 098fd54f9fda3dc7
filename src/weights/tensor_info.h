#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weights/dtype.h"

namespace mirrortune {

/// Name, type and shape of one tensor. The readers have checked that every extent is ≥ 0 and that bytes()
/// fits 63 bits.
struct TensorInfo {
  std::string name;
  DType dtype = DType::float32;
  std::vector<std::int64_t> shape;  ///< empty for a scalar

  /// Product of the shape: 1 for a scalar, 0 if any extent is 0.
  std::int64_t elements() const;
  std::int64_t bytes() const { return elements() * static_cast<std::int64_t>(element_bytes(dtype)); }

  bool operator==(const TensorInfo&) const = default;
};

/// "[64, 3, 7, 7]", for messages and tables; "[]" for a scalar.
std::string shape_text(std::span<const std::int64_t> shape);

/// A tensor in memory: contiguous, row-major, little-endian.
struct NamedArray {
  TensorInfo info;
  std::vector<std::byte> bytes;  ///< info.bytes() of them
};

/// The same without owning the bytes.
struct ArrayView {
  TensorInfo info;
  std::span<const std::byte> bytes;
};

inline ArrayView view_of(const NamedArray& array) { return {array.info, array.bytes}; }

}  // namespace mirrortune
