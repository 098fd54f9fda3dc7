// The pickle of a state dict without the file around it: each storage is as long as the pickle says. How
// views are read is for the target `legacy`.
#include "weights/detail/pickled_tensors.h"
#include "weights/detail/refusal.h"
#include "weights/detail/unpickler.h"

#include "fuzz/weights_fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mirrortune;
  static test::MemoryFile memory;
  memory.set(fuzz::text_of(data, size));
  const RandomAccessFile file(memory.path());
  detail::PickleBytes bytes(file, 0, file.size());
  detail::PickleValues values(bytes);
  detail::FileContents contents;
  const auto place = [](const detail::PickledStorage& storage) {
    return detail::StoragePlace{.bytes = static_cast<std::uint64_t>(storage.elements) * storage.type->bytes};
  };
  try {
    detail::add_tensors(values, detail::Unpickler(bytes, values).load(), place, contents);
  } catch (const detail::Refusal&) {
  }
  return 0;
}
