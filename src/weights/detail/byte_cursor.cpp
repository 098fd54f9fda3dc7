#include "weights/detail/byte_cursor.h"

#include <cstring>

#include "weights/detail/refusal.h"

namespace mirrortune::detail {

std::string_view ByteCursor::text(std::size_t length) {
  if (length > bytes_.size()) refuse(what_ + " ends early");
  const std::string_view piece(reinterpret_cast<const char*>(bytes_.data()), length);
  bytes_ = bytes_.subspan(length);
  return piece;
}

std::uint64_t ByteCursor::number(std::size_t length) {
  std::uint64_t value = 0;  // little-endian, as the machine is
  std::memcpy(&value, text(length).data(), length);
  return value;
}

}  // namespace mirrortune::detail
