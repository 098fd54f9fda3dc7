#include "weights/detail/checks.h"

#include "base/text.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {

namespace {

constexpr std::size_t kMaxName = 1024;

}  // namespace

void check_info(const TensorInfo& info) {
  if (info.name.size() > kMaxName) refuse("a tensor has a name of more than 1024 bytes");
  if (info.name.empty() || printable(info.name) != info.name) {
    refuse("the tensor name \"" + printable(info.name) +
           "\" is empty or holds control characters or invalid UTF-8");
  }
  auto bytes = static_cast<std::int64_t>(element_bytes(info.dtype));
  for (const auto extent : info.shape) {
    if (extent < 0 || (extent > 0 && __builtin_mul_overflow(bytes, extent, &bytes))) {
      refuse("tensor \"" + info.name + "\" has the impossible shape " + shape_text(info.shape));
    }
  }
}

}  // namespace mirrortune::detail
