#include "dataset/detail/cache_files.h"

#include "base/csv.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw DataError({.what = "cannot use the image cache",
                   .where = printable(path.string()),
                   .why = why,
                   .todo = "Make it again with mirrortune data pack"});
}

/// The value of `key`, which must be of the JSON type that `fits` tests.
Json value_of(const Json& document, const fs::path& path, const char* key, bool (*fits)(const Json&)) {
  if (!document.is_object() || !document.contains(key) || !fits(document[key])) {
    refuse(path, std::string("its key '") + key + "' is missing or wrong");
  }
  return document[key];
}

std::vector<std::string> texts_of(const Json& list, const fs::path& path) {
  std::vector<std::string> texts;
  for (const Json& item : list) {
    if (!item.is_string()) refuse(path, "its classes are not all texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

/// The rows of index.csv as images, their labels from labels.npy.
std::vector<ImageEntry> read_images(const fs::path& cache, std::int64_t num_classes) {
  const CsvTable table = CsvTable::read(cache / kCacheIndex);
  const std::size_t path = table.column("path");
  const std::size_t sha256 = table.column("sha256");
  const NpyFile file(cache / kCacheLabels);
  const std::size_t count = table.rows().size();
  if (file.type() != NpyType::i8 ||
      file.shape() != std::vector<std::int64_t>{static_cast<std::int64_t>(count)}) {
    refuse(cache / kCacheLabels,
           "it does not hold the labels of the " + std::to_string(count) + " images of " + kCacheIndex);
  }
  std::vector<std::int64_t> labels(count);
  file.read(0, std::as_writable_bytes(std::span(labels)));
  std::vector<ImageEntry> images;
  for (std::size_t i = 0; i < count; ++i) {
    if (labels[i] < 0 || labels[i] >= num_classes) {
      refuse(cache / kCacheLabels, "the label " + std::to_string(labels[i]) + " of image " +
                                       std::to_string(i) + " is outside its " + std::to_string(num_classes) +
                                       " classes");
    }
    images.push_back({.path = table.rows()[i][path], .label = labels[i], .sha256 = table.rows()[i][sha256]});
  }
  return images;
}

}  // namespace

std::string describe_preprocessing(const DataOptions& data) {
  return std::string(data.preprocessing == Preprocessing::ffcv ? "ffcv" : "torchvision") + ", resolution " +
         std::to_string(data.resolution) + ", crop_ratio " + format_number(data.crop_ratio);
}

CacheDescription read_description(const fs::path& cache) {
  const fs::path path = cache / kCachePreprocessing;
  const Json document = read_json(path);
  CacheDescription description;
  const auto is_text = [](const Json& value) { return value.is_string(); };
  const auto is_size = [](const Json& value) {
    return value.is_number_integer() && value > 0 && value <= 4096;
  };
  const auto is_ratio = [](const Json& value) { return value.is_number() && value > 0 && value <= 1; };
  const auto is_list = [](const Json& value) { return value.is_array(); };
  const std::string kind = value_of(document, path, "preprocessing", is_text).get<std::string>();
  if (kind != "ffcv" && kind != "torchvision") refuse(path, "its preprocessing is '" + printable(kind) + "'");
  description.data.preprocessing = kind == "ffcv" ? Preprocessing::ffcv : Preprocessing::torchvision;
  description.data.resolution = value_of(document, path, "resolution", is_size).get<int>();
  description.data.crop_ratio = value_of(document, path, "crop_ratio", is_ratio).get<double>();
  description.classes = texts_of(value_of(document, path, "classes", is_list), path);
  return description;
}

ImageIndex read_cache_index(const fs::path& cache) {
  CacheDescription description = read_description(cache);
  ImageIndex index{.root = cache, .layout = kLayoutCache, .classes = {}, .images = {}, .ignored = 0};
  index.images = read_images(cache, static_cast<std::int64_t>(description.classes.size()));
  index.classes = std::move(description.classes);
  require_cache_images(NpyFile(cache / kCacheImages), cache, description.data.resolution,
                       static_cast<std::int64_t>(index.images.size()));
  return index;
}

void require_cache_images(const NpyFile& images, const fs::path& cache, int resolution, std::int64_t count) {
  const std::vector<std::int64_t> expected = {count, 3, resolution, resolution};
  if (images.type() != NpyType::u1 || images.shape() != expected) {
    refuse(cache / kCacheImages, "it does not hold " + std::to_string(count) + " images of resolution " +
                                     std::to_string(resolution) + ", as " + kCacheIndex + " and " +
                                     kCachePreprocessing + " say");
  }
}

}  // namespace mirrortune::detail
