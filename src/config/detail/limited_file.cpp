#include "config/detail/limited_file.h"

#include <cstdint>
#include <span>

#include "base/error.h"
#include "base/file.h"

namespace mirrortune::config {

std::string read_limited(const std::filesystem::path& path) {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const RandomAccessFile file(path);
  if (file.size() > kMostBytes) {
    throw ConfigError({.what = "invalid configuration",
                       .where = path.string(),
                       .why = "the file has " + std::to_string(file.size()) + " bytes, at most " +
                              std::to_string(kMostBytes) + " are read",
                       .safe = "No data was touched"});
  }
  std::string text(file.size(), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace mirrortune::config
