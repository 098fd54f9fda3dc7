#pragma once

#include <filesystem>
#include <string>

namespace mirrortune {

/// MD5 of a file's content, as 32 lower-case hexadecimal digits: only to recognise files that are published
/// with one. Throws as RandomAccessFile.
std::string md5_of_file(const std::filesystem::path& path);

}  // namespace mirrortune
