#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/npy.h"
#include "dataset/image_index.h"

namespace mirrortune::detail {

inline constexpr const char* kCacheImages = "images.npy";
inline constexpr const char* kCacheLabels = "labels.npy";
inline constexpr const char* kCacheIndex = "index.csv";
inline constexpr const char* kCachePreprocessing = "preprocessing.json";

/// What preprocessing.json says.
struct CacheDescription {
  DataOptions data;  ///< resolution, preprocessing, crop_ratio; the rest is left as it is
  std::vector<std::string> classes;
};

/// "ffcv, resolution 224, crop_ratio 0.875": what makes two decoded images of one file the same.
std::string describe_preprocessing(const DataOptions& data);

/// Throws DataError naming the key that is missing or wrong.
CacheDescription read_description(const std::filesystem::path& cache);

/// The images of a cache with the labels that it was packed with. Throws DataError where its files do not
/// agree.
ImageIndex read_cache_index(const std::filesystem::path& cache);

/// Throws DataError unless `images`, the images.npy of `cache`, holds `count` images of this resolution.
void require_cache_images(const NpyFile& images, const std::filesystem::path& cache, int resolution,
                          std::int64_t count);

}  // namespace mirrortune::detail
