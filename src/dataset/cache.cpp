#include "dataset/cache.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/atomic_folder.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/npy.h"
#include "base/text.h"
#include "dataset/detail/cache_files.h"
#include "dataset/detail/parallel_for.h"
#include "dataset/subset.h"

namespace mirrortune {
namespace fs = std::filesystem;
namespace {

/// Images decoded at a time: enough for all cores, small enough for any memory.
constexpr std::int64_t kImagesPerChunk = 512;

std::vector<std::int64_t> range(std::int64_t begin, std::int64_t end) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

void write_images(const ImageIndex& index, const DataOptions& data, const fs::path& path,
                  const DecodeControl& control) {
  const auto count = static_cast<std::int64_t>(index.images.size());
  const std::vector<std::int64_t> shape = {count, 3, data.resolution, data.resolution};
  AtomicFile file(path);
  file.write(npy_header(NpyType::u1, shape));
  for (std::int64_t begin = 0; begin < count; begin += kImagesPerChunk) {
    const auto rows = range(begin, std::min(count, begin + kImagesPerChunk));
    const Pixels pixels = decode_images(index, rows, data, detail::part_control(control, begin, count));
    file.write(std::as_bytes(std::span(pixels.values)));
  }
  file.commit();
}

void write_labels(const ImageIndex& index, const fs::path& path) {
  std::vector<std::int64_t> labels;
  for (const ImageEntry& image : index.images) labels.push_back(image.label);
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(labels.size())};
  write_npy(path, shape, std::span<const std::int64_t>(labels));
}

void write_description(const ImageIndex& index, const DataOptions& data, const fs::path& path) {
  Json document;
  document["schema"] = 1;
  document["preprocessing"] = data.preprocessing == Preprocessing::ffcv ? "ffcv" : "torchvision";
  document["resolution"] = data.resolution;
  document["crop_ratio"] = data.crop_ratio;
  document["images"] = index.images.size();
  document["classes"] = index.classes;
  write_json(path, document);
}

}  // namespace

void pack_images(const ImageIndex& index, const DataOptions& data, const fs::path& cache,
                 const DecodeControl& control) {
  AtomicFolder folder(cache);
  write_images(index, data, folder.temporary() / detail::kCacheImages, control);
  write_labels(index, folder.temporary() / detail::kCacheLabels);
  const Subset all{.images = range(0, static_cast<std::int64_t>(index.images.size()))};
  subset_table(index, all, control.threads).write(folder.temporary() / detail::kCacheIndex);
  write_description(index, data, folder.temporary() / detail::kCachePreprocessing);
  folder.commit();
}

bool is_cache(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / detail::kCachePreprocessing, error);
}

}  // namespace mirrortune
