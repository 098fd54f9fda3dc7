#include "weights/detail/pickle_bytes.h"

#include <algorithm>
#include <cstring>

#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint64_t kMaxBytes = 64 << 20;
constexpr std::uint64_t kFirstBlock = 1 << 16;
constexpr std::size_t kMaxLine = 1024;

}  // namespace

PickleBytes::PickleBytes(const RandomAccessFile& file, std::uint64_t begin, std::uint64_t end)
    : file_(file), begin_(begin), limit_(std::min(end - begin, kMaxBytes)), cut_(end - begin > kMaxBytes) {}

std::string_view PickleBytes::take(std::uint64_t length) {
  if (length > remaining()) {
    refuse(cut_ ? "its pickle is longer than 64 MiB"
                : "its pickle ends early: the file is damaged or truncated");
  }
  const std::uint64_t needed = position_ + length;
  if (needed > bytes_.size()) {
    const std::uint64_t had = bytes_.size();
    bytes_.resize(std::min(limit_, std::max({needed, 2 * had, kFirstBlock})));
    file_.read(begin_ + had, std::as_writable_bytes(std::span(bytes_)).subspan(had));
  }
  const std::string_view piece(bytes_.data() + position_, length);
  position_ = needed;
  return piece;
}

std::uint64_t PickleBytes::number(std::uint64_t length) {
  std::uint64_t value = 0;  // little-endian, as the machine is
  std::memcpy(&value, take(length).data(), length);
  return value;
}

std::string PickleBytes::line() {
  const std::uint64_t begin = position_;
  while (take(1)[0] != '\n') {
    if (position_ - begin > kMaxLine) refuse("its pickle has an endless line");
  }
  return std::string(at(begin, position_ - begin - 1));
}

std::string_view PickleBytes::at(std::uint64_t offset, std::uint64_t length) const {
  return std::string_view(bytes_).substr(offset, length);
}

}  // namespace mirrortune::detail
