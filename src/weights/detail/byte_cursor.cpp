#include "weights/detail/byte_cursor.h"

#include "weights/detail/refusal.h"

namespace mirrortune::detail {

std::string_view ByteCursor::text(std::size_t length) {
  if (length > bytes_.size()) refuse(what_ + " ends early");
  const std::string_view piece(reinterpret_cast<const char*>(bytes_.data()), length);
  bytes_ = bytes_.subspan(length);
  return piece;
}

std::uint64_t ByteCursor::number(std::size_t length) {
  const std::string_view piece = text(length);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(piece[i])} << (8 * i);
  }
  return value;
}

}  // namespace mirrortune::detail
