#include "dataset/subset.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "base/error.h"
#include "base/sha256.h"
#include "base/stream.h"
#include "base/text.h"
#include "dataset/detail/parallel_for.h"

namespace mirrortune {
namespace {

const char* stream_name(SubsetOf of) {
  switch (of) {
    case SubsetOf::seed:
      return "subset";
    case SubsetOf::search:
      return "subset.search";
    case SubsetOf::shared:
      return "subset.shared";
  }
  return "";
}

/// The first `count` of a random order of `candidates`, ascending.
Subset choose(const std::vector<std::int64_t>& candidates, std::int64_t count, const Stream& stream) {
  const auto order = stream.permutation(static_cast<std::int64_t>(candidates.size()));
  Subset subset;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    subset.images.push_back(candidates[static_cast<std::size_t>(order[i])]);
  }
  std::sort(subset.images.begin(), subset.images.end());
  return subset;
}

[[noreturn]] void refuse(const ImageIndex& index, const std::string& why, const std::string& todo) {
  throw DataError({.what = "cannot draw images from",
                   .where = printable(index.root.string()),
                   .why = "it has " + std::to_string(index.images.size()) + " images, but " + why,
                   .todo = todo});
}

std::vector<std::int64_t> all_rows(const ImageIndex& index) {
  std::vector<std::int64_t> rows(index.images.size());
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

}  // namespace

std::int64_t subset_size(const SubsetOptions& options, std::int64_t num_weights) {
  MIRRORTUNE_CHECK(num_weights > 0 && options.exponent > 0 && options.exponent <= 1);
  if (options.count > 0) return options.count;
  const auto weights = static_cast<double>(num_weights);
  const double size = options.exponent == 0.5 ? std::sqrt(weights) : std::pow(weights, options.exponent);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(size));
}

Subset draw_holdout(const ImageIndex& index, std::int64_t count, std::uint64_t base_seed) {
  MIRRORTUNE_CHECK(count >= 0);
  if (count > static_cast<std::int64_t>(index.images.size())) {
    refuse(index, "data.holdout asks for " + std::to_string(count), "Lower data.holdout or add images");
  }
  return choose(all_rows(index), count, Stream(base_seed, "holdout"));
}

Subset draw_subset(const ImageIndex& index, const Subset& holdout, const SubsetRequest& request) {
  MIRRORTUNE_CHECK(request.count > 0 && std::is_sorted(holdout.images.begin(), holdout.images.end()));
  const std::vector<std::int64_t> all = all_rows(index);
  std::vector<std::int64_t> candidates;
  std::set_difference(all.begin(), all.end(), holdout.images.begin(), holdout.images.end(),
                      std::back_inserter(candidates));
  if (request.count > static_cast<std::int64_t>(candidates.size())) {
    refuse(index,
           "a subset needs " + std::to_string(request.count) + " besides the " +
               std::to_string(holdout.images.size()) + " held out",
           "Add images, lower data.holdout, or set data.subset.count or data.subset.exponent");
  }
  return choose(candidates, request.count, Stream(request.seed, stream_name(request.of)));
}

CsvTable subset_table(const ImageIndex& index, const Subset& subset, int threads) {
  std::vector<std::string> hashes(subset.images.size());
  detail::parallel_for(static_cast<std::int64_t>(hashes.size()), {.threads = threads}, [&](std::int64_t i) {
    const auto row = static_cast<std::size_t>(i);
    const ImageEntry& image = index.images[static_cast<std::size_t>(subset.images[row])];
    hashes[row] = image.sha256.empty() ? sha256_of_file(index.root / image.path) : image.sha256;
  });
  CsvTable table({"index", "path", "label", "sha256"});
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const std::int64_t row = subset.images[i];
    const ImageEntry& image = index.images[static_cast<std::size_t>(row)];
    table.add({std::to_string(row), image.path, std::to_string(image.label), hashes[i]});
  }
  return table;
}

}  // namespace mirrortune
