#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mirrortune::detail {

/// Little-endian numbers and text from bytes in memory, in order. Throws Refusal, naming `what`, past the
/// end.
class ByteCursor {
 public:
  ByteCursor(std::span<const std::byte> bytes, std::string what) : bytes_(bytes), what_(std::move(what)) {}

  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::string_view text(std::size_t length);
  void skip(std::size_t length) { text(length); }
  std::size_t remaining() const { return bytes_.size(); }

 private:
  std::uint64_t number(std::size_t length);

  std::span<const std::byte> bytes_;
  std::string what_;
};

}  // namespace mirrortune::detail
