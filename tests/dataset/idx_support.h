#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <zlib.h>

#include "dataset/dataset_support.h"

namespace mirrortune::test {

/// The bytes of an IDX file of unsigned bytes.
inline std::string idx_bytes(const std::vector<std::uint32_t>& sizes, const std::string& values,
                             int type = 8) {
  std::string bytes = {0, 0, static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xFF);
  }
  return bytes + values;
}

/// `count` values that no row or column repeats.
inline std::string varied_values(std::size_t count) {
  std::string values;
  for (std::size_t i = 0; i < count; ++i) values += static_cast<char>((i * i + 7 * i) % 251);
  return values;
}

inline void write_gzip(const std::filesystem::path& path, const std::string& bytes, const char* mode = "wb") {
  gzFile file = gzopen(path.c_str(), mode);
  ASSERT_EQ(gzfwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
  ASSERT_EQ(gzclose(file), Z_OK);
}

}  // namespace mirrortune::test
