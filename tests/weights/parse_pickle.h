#pragma once

#include <cstdint>
#include <filesystem>

#include "base/file.h"
#include "weights/detail/pickled_tensors.h"
#include "weights/detail/refusal.h"
#include "weights/detail/unpickler.h"

namespace mirrortune::test {

/// Parses a file as the pickle of a state dict without the file around it; each storage is as long as the
/// pickle says. Whether it is refused does not matter: nothing else may happen.
inline void parse_pickle(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
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
}

}  // namespace mirrortune::test
