#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

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

/// A small image of one colour (blue, green, red), encoded by the extension of its name; parents are made.
inline void write_image(const std::filesystem::path& path, const cv::Scalar& bgr = {40, 90, 200},
                        int side = 16) {
  std::filesystem::create_directories(path.parent_path());
  std::vector<unsigned char> encoded;
  cv::imencode(path.extension().string(), cv::Mat(side, side, CV_8UC3, bgr), encoded);
  write_file(path, std::as_bytes(std::span(encoded)));
}

}  // namespace mirrortune::test
