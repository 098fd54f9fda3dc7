// A zip .pth: its directory, headers and descriptors. Its checksums keep most mutants out of the pickle,
// which has a target of its own.
#include "fuzz/weights_fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = mirrortune::fuzz::text_of(data, size);
  if (bytes.starts_with("PK")) mirrortune::fuzz::read_or_refuse(bytes);
  return 0;
}
