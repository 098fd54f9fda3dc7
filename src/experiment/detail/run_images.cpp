#include "experiment/detail/run_images.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "experiment/plan.h"

namespace mirrortune {

ImageGroup::ImageGroup(std::string name, const CellOptions& cell, std::int64_t num_images,
                       std::uint64_t base_seed)
    : name_(std::move(name)),
      data_(cell.data),
      num_images_(num_images),
      base_seed_(base_seed),
      index_(index_images(cell.data, cell.model.classes)),
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

void ImageGroup::add(const SubsetKey& key) {
  if (subsets_.contains(key)) return;
  subsets_[key] = draw_subset(index_, holdout_, {.of = key.of, .seed = key.seed, .count = num_images_});
}

void ImageGroup::decode(const DecodeControl& control) {
  std::set<std::int64_t> rows(holdout_.images.begin(), holdout_.images.end());
  for (const auto& [key, subset] : subsets_) rows.insert(subset.images.begin(), subset.images.end());
  decoded_rows_.assign(rows.begin(), rows.end());
  decoded_ = decode_images(index_, decoded_rows_, data_, control);
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
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", data.root.string(), data.labels,
                     data.class_order.string(), cell.model.classes, data.resolution,
                     static_cast<int>(data.preprocessing), data.crop_ratio, data.holdout,
                     data.subset.per_seed, num_images);
}

}  // namespace mirrortune
