// A .safetensors file. Where the stated length of its header is off by little, as in mutants with text
// inserted or removed, it is set right: else they would never be parsed.
#include <cstring>
#include <string>

#include "weights/byte_builder.h"

#include "fuzz/weights_fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mirrortune;
  constexpr std::uint64_t kLittle = 256;
  std::string bytes(fuzz::text_of(data, size));
  const auto end = bytes.rfind('}');
  if (end != std::string::npos && end >= 8) {
    std::uint64_t stated = 0;
    std::memcpy(&stated, bytes.data(), 8);
    const std::uint64_t length = end + 1 - 8;
    if (stated + kLittle - length <= 2 * kLittle) bytes.replace(0, 8, test::little_endian(length, 8));
  }
  fuzz::read_or_refuse(bytes);
  return 0;
}
