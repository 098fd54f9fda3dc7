// How views are read from their storages is for the target `legacy`.
#include "weights/parse_pickle.h"

#include "fuzz/weights_fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mirrortune;
  static test::MemoryFile memory;
  memory.set(fuzz::text_of(data, size));
  test::parse_pickle(memory.path());
  return 0;
}
