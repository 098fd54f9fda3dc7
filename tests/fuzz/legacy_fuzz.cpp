// A legacy .pth, which has no checksums: pickles, storages and views.
#include "fuzz/weights_fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = mirrortune::fuzz::text_of(data, size);
  if (bytes.starts_with("\x80")) mirrortune::fuzz::read_or_refuse(bytes);
  return 0;
}
