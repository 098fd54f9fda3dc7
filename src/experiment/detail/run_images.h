#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dataset/image_index.h"
#include "dataset/pixels.h"
#include "dataset/subset.h"
#include "experiment/options.h"

namespace mirrortune {

/// Which subset of an ImageGroup: of one seed, or of the cell's search. With `per_seed: false` all are the
/// shared one.
struct SubsetKey {
  SubsetOf of = SubsetOf::seed;
  std::uint64_t seed = 0;
  auto operator<=>(const SubsetKey&) const = default;
};

/// The images of the cells that draw from one folder in one way: its index, the holdout and the subsets, and
/// the pixels of those that are needed, each image decoded once.
class ImageGroup {
 public:
  /// Indexes the folder and draws the holdout. `name` begins the subsets' file names.
  ImageGroup(std::string name, const CellOptions& cell, std::int64_t num_images, std::uint64_t base_seed);

  const ImageIndex& index() const { return index_; }
  /// The subset of a seed, or of the search.
  SubsetKey key_of_seed(std::uint64_t seed) const;
  SubsetKey key_of_search() const;
  /// "shufflenet_v2_x0_5__seed-03", the subset's file name without ".csv".
  std::string subset_name(const SubsetKey& key) const;

  /// Draws a subset that will be needed. Throws DataError if there are too few images.
  void add(const SubsetKey& key);
  const std::map<SubsetKey, Subset>& subsets() const { return subsets_; }

  /// Decodes the images of all subsets that were added, and of the holdout.
  void decode(const DecodeControl& control);
  /// Decodes the images that trials of these seeds, their searches and the holdout need, into a cache.
  void pack(std::span<const std::uint64_t> seeds, const std::filesystem::path& cache,
            const DecodeControl& control) const;
  /// "resnet18__0123abcd": its digits stand for the images and how they look.
  std::string pack_name(std::span<const std::uint64_t> seeds) const;
  /// As `decode`, from a cache that `pack` made.
  void decode_from(const std::filesystem::path& cache, const DecodeControl& control);
  /// Frees them.
  void forget() { decoded_ = {}; }
  /// The pixels of one subset, in its order.
  std::shared_ptr<const Pixels> pixels(const SubsetKey& key) const;
  /// Null if there is no holdout.
  std::shared_ptr<const Pixels> holdout_pixels() const;

 private:
  Subset drawn(const SubsetKey& key) const;
  /// Rows of the index of all subsets that were added, and of the holdout, ascending.
  std::vector<std::int64_t> needed_rows() const;
  /// The images of these seeds' trials, their search and the holdout.
  ImageIndex packed_index(std::span<const std::uint64_t> seeds) const;
  std::shared_ptr<const Pixels> gather(const Subset& subset) const;

  std::string name_;
  DataOptions data_;
  std::int64_t num_images_;
  std::uint64_t base_seed_;
  ImageIndex index_;
  Subset holdout_;
  std::map<SubsetKey, Subset> subsets_;
  std::vector<std::int64_t> decoded_rows_;  ///< of the index, ascending
  Pixels decoded_;                          ///< in the order of decoded_rows_
};

/// What tells the groups of cells apart: everything that decides which images a cell trains on and how they
/// look.
std::string image_group_key(const CellOptions& cell, std::int64_t num_images);

}  // namespace mirrortune
