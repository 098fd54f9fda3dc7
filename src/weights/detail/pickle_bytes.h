#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"

namespace mirrortune::detail {

/// The bytes of pickles in a stretch of a file, read as far as they are needed and kept: text of a pickle is
/// told by its place in them.
class PickleBytes {
 public:
  /// The stretch [begin, end). Throws Refusal for reads past its end or past 64 MiB, far more than any state
  /// dict has.
  PickleBytes(const RandomAccessFile& file, std::uint64_t begin, std::uint64_t end);

  /// Bytes taken so far.
  std::uint64_t position() const { return position_; }
  std::uint64_t remaining() const { return limit_ - position_; }
  /// The next bytes; valid until the next call.
  std::string_view take(std::uint64_t length);
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
  /// A little-endian number of 1 to 8 bytes.
  std::uint64_t number(std::uint64_t length);
  /// Up to the next newline, which is taken too; at most 1024 bytes.
  std::string line();
  /// Bytes that were taken before; valid until the next take.
  std::string_view at(std::uint64_t offset, std::uint64_t length) const;

 private:
  const RandomAccessFile& file_;
  std::uint64_t begin_, limit_, position_ = 0;
  bool cut_;  ///< the stretch is longer than what may be read
  std::string bytes_;
};

}  // namespace mirrortune::detail
