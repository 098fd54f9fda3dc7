#include "experiment/detail/run_images.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "dataset/cache.h"
#include "experiment/plan.h"
#include "models/registry.h"

namespace mirrortune {
namespace {

/// An encoder takes the images of any classes.
std::int64_t num_classes(const ModelOptions& model) {
  return network_info(model.name).kind == NetworkKind::image_encoder ? 0 : model.classes;
}

}  // namespace

ImageGroup::ImageGroup(std::string name, const CellOptions& cell, std::int64_t num_images,
                       std::uint64_t base_seed)
    : name_(std::move(name)),
      data_(cell.data),
      num_images_(num_images),
      base_seed_(base_seed),
      index_(index_images(cell.data, num_classes(cell.model))),
      holdout_(draw_holdout(index_, cell.data.holdout, base_seed)) {}

SubsetKey ImageGroup::key_of_seed(std::uint64_t seed) const {
  return data_.subset.per_seed ? SubsetKey{SubsetOf::seed, seed} : SubsetKey{SubsetOf::shared, base_seed_};
}

SubsetKey ImageGroup::key_of_search() const {
  return {data_.subset.per_seed ? SubsetOf::search : SubsetOf::shared, base_seed_};
}

std::string ImageGroup::subset_name(const SubsetKey& key) const {
  if (key.of == SubsetOf::search) return name_ + "__search";
  if (key.of == SubsetOf::shared) return name_ + "__shared";
  return name_ + "__" + seed_folder_name(key.seed);
}

Subset ImageGroup::drawn(const SubsetKey& key) const {
  return draw_subset(index_, holdout_, {.of = key.of, .seed = key.seed, .count = num_images_});
}

void ImageGroup::add(const SubsetKey& key) {
  if (!subsets_.contains(key)) subsets_[key] = drawn(key);
}

std::vector<std::int64_t> ImageGroup::needed_rows() const {
  std::set<std::int64_t> rows(holdout_.images.begin(), holdout_.images.end());
  for (const auto& [key, subset] : subsets_) rows.insert(subset.images.begin(), subset.images.end());
  return {rows.begin(), rows.end()};
}

void ImageGroup::decode(const DecodeControl& control) {
  decoded_rows_ = needed_rows();
  decoded_ = decode_images(index_, decoded_rows_, data_, control);
}

ImageIndex ImageGroup::packed_index(std::span<const std::uint64_t> seeds) const {
  std::set<std::int64_t> rows(holdout_.images.begin(), holdout_.images.end());
  std::set<SubsetKey> keys = {key_of_search()};
  for (const auto seed : seeds) keys.insert(key_of_seed(seed));
  for (const auto& key : keys) {
    const auto subset = drawn(key);
    rows.insert(subset.images.begin(), subset.images.end());
  }
  ImageIndex packed = index_;
  packed.images.clear();
  for (const auto row : rows) packed.images.push_back(index_.images[static_cast<std::size_t>(row)]);
  return packed;
}

void ImageGroup::pack(std::span<const std::uint64_t> seeds, const std::filesystem::path& cache,
                      const DecodeControl& control) const {
  make_folder(cache.parent_path());
  pack_images(packed_index(seeds), data_, cache, control);
}

std::string ImageGroup::pack_name(std::span<const std::uint64_t> seeds) const {
  std::string text =
      fmt::format("{} {} {}\n", static_cast<int>(data_.preprocessing), data_.resolution, data_.crop_ratio);
  for (const auto& image : packed_index(seeds).images)
    text += fmt::format("{},{}\n", image.path, image.label);
  return name_ + "__" + sha256_hex(text).substr(0, 8);
}

void ImageGroup::decode_from(const std::filesystem::path& cache, const DecodeControl& control) {
  DataOptions packed = data_;
  packed.root = cache;
  packed.labels = "auto";
  packed.md5.clear();
  packed.class_order.clear();
  const auto index = index_images(packed, static_cast<std::int64_t>(index_.classes.size()));
  std::map<std::string, std::int64_t> places;
  for (std::size_t i = 0; i < index.images.size(); ++i)
    places[index.images[i].path] = static_cast<std::int64_t>(i);
  decoded_rows_ = needed_rows();
  std::vector<std::int64_t> rows;
  for (const auto row : decoded_rows_)
    rows.push_back(places.at(index_.images[static_cast<std::size_t>(row)].path));
  decoded_ = decode_images(index, rows, packed, control);
}

std::shared_ptr<const Pixels> ImageGroup::pixels(const SubsetKey& key) const {
  return gather(subsets_.at(key));
}

std::shared_ptr<const Pixels> ImageGroup::holdout_pixels() const {
  return holdout_.images.empty() ? nullptr : gather(holdout_);
}

std::shared_ptr<const Pixels> ImageGroup::gather(const Subset& subset) const {
  const auto side = static_cast<std::size_t>(decoded_.resolution);
  const auto image_bytes = 3 * side * side;
  auto result = std::make_shared<Pixels>();
  result->count = static_cast<std::int64_t>(subset.images.size());
  result->resolution = decoded_.resolution;
  result->values.reserve(subset.images.size() * image_bytes);
  for (const auto row : subset.images) {
    const auto found = std::lower_bound(decoded_rows_.begin(), decoded_rows_.end(), row);
    MIRRORTUNE_CHECK(found != decoded_rows_.end() && *found == row);
    const auto place = static_cast<std::size_t>(found - decoded_rows_.begin());
    const auto* image = decoded_.values.data() + place * image_bytes;
    result->values.insert(result->values.end(), image, image + image_bytes);
    result->labels.push_back(decoded_.labels[place]);
  }
  return result;
}

std::string image_group_key(const CellOptions& cell, std::int64_t num_images) {
  const auto& data = cell.data;
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", data.root.string(), data.labels,
                     join(data.md5, " "), data.class_order.string(), cell.model.classes, data.resolution,
                     static_cast<int>(data.preprocessing), data.crop_ratio, data.holdout,
                     data.subset.per_seed, num_images);
}

}  // namespace mirrortune
