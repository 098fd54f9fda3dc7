// A .safetensors file as it is, and once more with the length of its header set right, without which mutants
// that insert or remove text would never be parsed.
#include <string>

#include "weights/byte_builder.h"

#include "fuzz/weights_fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mirrortune;
  const auto bytes = fuzz::text_of(data, size);
  fuzz::read_or_refuse(bytes);
  const auto end = bytes.rfind('}');
  if (end == std::string_view::npos || end < 8) return 0;
  const std::string length = test::little_endian(end + 1 - 8, 8);
  if (!bytes.starts_with(length)) fuzz::read_or_refuse(length + std::string(bytes.substr(8)));
  return 0;
}
