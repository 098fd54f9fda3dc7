#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "weights/tensor_info.h"

namespace mirrortune::detail {

/// A stretch of a file with a checksum, verified before the first read of any tensor in it.
struct Record {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
  mutable std::atomic<bool> verified = false;
};

/// Where a tensor's elements lie. Element (i, j, …) is at byte offset + (i·strides[0] + j·strides[1] +
/// …)·element_bytes of the file; the reader has checked that all of them are inside it.
struct StoredTensor {
  std::size_t file = 0;  ///< place in FileContents::files
  std::uint64_t offset = 0;
  std::vector<std::int64_t> strides = {};     ///< in elements; unused if contiguous
  bool contiguous = true;                     ///< row-major without gaps
  std::shared_ptr<const Record> record = {};  ///< null: the format has no checksums
};

/// All that a reader finds out about a file.
struct FileContents {
  std::string format;
  std::vector<std::unique_ptr<RandomAccessFile>> files;
  std::vector<TensorInfo> tensors;
  std::vector<StoredTensor> stored;  ///< parallel to `tensors`
  std::map<std::string, std::string> metadata;
  std::string section =
      {};  ///< the key of the checkpoint's dict that holds the tensors; "" if it is the whole
};

}  // namespace mirrortune::detail
