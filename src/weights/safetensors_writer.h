#pragma once

#include <cstddef>
#include <filesystem>
#include <future>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "weights/tensor_info.h"

namespace mirrortune {

/// Writes a .safetensors file in pieces, whole or not at all: the same tensors and metadata give the same
/// bytes.
///
/// The header lists `__metadata__` (sorted) and then the tensors in the given order; it is padded with spaces
/// to 8 bytes. The data lie by falling element size, else in the given order, so that every element is
/// aligned.
class SafetensorsWriter {
 public:
  /// Throws WeightsError for a name that is empty, used twice, "__metadata__" or not printable UTF-8;
  /// WriteError, PermissionError.
  SafetensorsWriter(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                    const std::map<std::string, std::string>& metadata);

  /// The bytes before the data: the header with its length.
  const std::string& head() const { return head_; }
  /// The order in which write() expects the tensors, as places in the given list.
  const std::vector<std::size_t>& data_order() const { return data_order_; }
  /// The next bytes of the data.
  void write(std::span<const std::byte> bytes);
  /// Puts the file in its place; all bytes must have been written.
  void commit();

 private:
  void flush();

  AtomicFile file_;
  std::string head_;
  std::vector<std::byte> small_;  ///< not yet written: a network has hundreds of tensors of a few bytes
  std::vector<std::size_t> data_order_;
  std::uint64_t remaining_ = 0;
};

/// SafetensorsWriter in one call. An existing file is replaced.
void write_safetensors(const std::filesystem::path& path, std::span<const ArrayView> tensors,
                       const std::map<std::string, std::string>& metadata);

/// The same, and the SHA-256 of the file. It is computed from memory on another thread while the disk is
/// busy, and may still be when the file is in its place: the tensors' bytes must live until it is there.
std::future<std::string> write_safetensors_hashed(const std::filesystem::path& path,
                                                  std::span<const ArrayView> tensors,
                                                  const std::map<std::string, std::string>& metadata);

}  // namespace mirrortune
