#pragma once

#include <filesystem>
#include <string>

namespace mirrortune::config {

/// The text of a configuration file. Throws ConfigError if it is far larger than any that is written by hand
/// or by a script, and as RandomAccessFile.
std::string read_limited(const std::filesystem::path& path);

}  // namespace mirrortune::config
