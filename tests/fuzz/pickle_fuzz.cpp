// The data.pkl of a .pth with right checksums and one storage "0" of six floats.
#include <string>

#include "weights/byte_builder.h"

#include "fuzz/weights_fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mirrortune;
  fuzz::read_or_refuse(test::pth_of(std::string(fuzz::text_of(data, size))));
  return 0;
}
