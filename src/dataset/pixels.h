#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/stop.h"
#include "dataset/image_index.h"
#include "dataset/options.h"

namespace mirrortune {

/// Decoded and preprocessed images, ready for the device: it divides by 255 and normalises there.
struct Pixels {
  std::int64_t count = 0;
  int resolution = 0;
  std::vector<std::uint8_t> values;  ///< [count, 3, resolution, resolution], RGB
  std::vector<std::int64_t> labels;  ///< [count], indices of classes
};

/// How decoding runs.
struct DecodeControl {
  int threads = 0;  ///< 0: all cores
  /// Called now and then with images done and in all, by one thread at a time.
  std::function<void(std::int64_t, std::int64_t)> progress = {};
  /// Asked before each image; true ends with StoppedError.
  std::function<bool()> stop = stop_requested;
};

/// Decodes and preprocesses the images `which` (rows of index.images), in that order. From a cache the rows
/// are read as they are; grey IDX images become RGB. Throws DataError naming the first image (in order) that
/// cannot be decoded; a cache made by another preprocessing than `data` says is a DataError that names both;
/// StoppedError.
Pixels decode_images(const ImageIndex& index, std::span<const std::int64_t> which, const DataOptions& data,
                     const DecodeControl& control = {});

}  // namespace mirrortune
