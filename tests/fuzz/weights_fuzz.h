#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "weights/memory_file.h"

/// The one function of a fuzz target, called with each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mirrortune::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Opens `bytes` as a weights file and reads all tensors of at most 1 MiB in both ways. The file may be
/// refused with exit code 65; any other end is a finding.
inline void read_or_refuse(std::string_view bytes) {
  constexpr std::int64_t kMaxBytes = 1 << 20;  // larger ones, views that repeat their storage, are only slow
  static test::MemoryFile file;
  file.set(bytes);
  try {
    test::read_everything(file.path(), kMaxBytes);
  } catch (const Error& error) {
    if (error.code() == ExitCode::data) return;
    std::fprintf(stderr, "exit code %d: %s\n", static_cast<int>(error.code()), error.what());
    std::abort();
  }
}

}  // namespace mirrortune::fuzz
