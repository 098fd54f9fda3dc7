#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/npy.h"
#include "support/paths.h"

namespace mirrortune::test {

/// The sentence of the `E` that `action` throws; a failure if it throws none.
template <class E, class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another error: " << error.what();
    return {};
  }
  ADD_FAILURE() << "no error";
  return {};
}

inline std::vector<std::uint8_t> read_bytes_npy(const std::filesystem::path& path) {
  const NpyFile file(path);
  std::vector<std::uint8_t> values(static_cast<std::size_t>(file.elements()));
  file.read(0, std::as_writable_bytes(std::span(values)));
  return values;
}

/// A small BMP of one colour (blue, green, red) under whatever name; parents are made.
inline void write_image(const std::filesystem::path& path,
                        const std::array<std::uint8_t, 3>& bgr = {40, 90, 200}) {
  constexpr std::uint32_t kSide = 16, kHeader = 54, kInfo = 40, kPixels = kSide * kSide * 3;
  std::string bytes = "BM";
  const auto append = [&bytes](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  for (const std::uint32_t value : {kHeader + kPixels, 0U, kHeader, kInfo, kSide, kSide}) append(value, 4);
  append(1, 2);   // planes
  append(24, 2);  // bits of a pixel
  for (const std::uint32_t value : {0U, kPixels, 0U, 0U, 0U, 0U}) append(value, 4);
  for (std::uint32_t i = 0; i < kPixels; ++i) bytes += static_cast<char>(bgr[i % 3]);
  std::filesystem::create_directories(path.parent_path());
  write_file(path, bytes);
}

}  // namespace mirrortune::test
