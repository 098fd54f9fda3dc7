#pragma once

#include <cstdint>
#include <vector>

#include "base/csv.h"
#include "dataset/image_index.h"
#include "dataset/options.h"

namespace mirrortune {

/// Images of a run by their rows in ImageIndex::images, ascending.
struct Subset {
  std::vector<std::int64_t> images;
};

/// Whose subset it is; it names the stream. No stream's key holds the potential, so the potentials of one
/// seed share one subset.
enum class SubsetOf {
  seed,    ///< a seed's own: Stream(seed, "subset")
  search,  ///< the learning-rate search when each seed has its own: Stream(base_seed, "subset.search")
  shared,  ///< of all seeds and the search: Stream(base_seed, "subset.shared")
};

/// N of a subset: `count` if positive, else int(num_weights^exponent) as the authors compute it; at least 1.
std::int64_t subset_size(const SubsetOptions& options, std::int64_t num_weights);

/// `count` images that are outside every subset of the run, from Stream(base_seed, "holdout"). It is drawn
/// first. Throws DataError with the numbers if the data set is too small.
Subset draw_holdout(const ImageIndex& index, std::int64_t count, std::uint64_t base_seed);

/// What draw_subset draws.
struct SubsetRequest {
  SubsetOf of = SubsetOf::seed;
  std::uint64_t seed = 0;  ///< the trial's for SubsetOf::seed, else the run's base seed
  std::int64_t count = 0;  ///< see subset_size
};

/// A random subset of the images that are not in `holdout`, each equally likely. Throws DataError with the
/// numbers if there are too few.
Subset draw_subset(const ImageIndex& index, const Subset& holdout, const SubsetRequest& request);

/// Rows of subsets/*.csv: index,path,label,sha256 (index: the image's row in the index; label: its class
/// index; sha256 of the image file's bytes).
CsvTable subset_table(const ImageIndex& index, const Subset& subset, int threads = 0);

}  // namespace mirrortune
