#include "config/weights_catalog.h"

#include <algorithm>
#include <cmath>

#include "config/detail/weights_text.h"

namespace mirrortune {
namespace {

constexpr double kMiB = 1024 * 1024;
constexpr double kHalfOfTheLastDecimal = 0.0005;                 ///< of a size in MiB
constexpr std::uint64_t kLargestBytes = std::uint64_t{4} << 30;  ///< of a file whose size is not known

bool begins_with(std::string_view text, std::string_view start) {
  return !start.empty() && text.starts_with(start);
}

}  // namespace

bool PublishedFile::has_content(std::string_view content_sha256) const {
  return begins_with(content_sha256, sha256);
}

std::uint64_t PublishedFile::smallest_bytes() const {
  if (bytes) return *bytes;
  return mib ? static_cast<std::uint64_t>(std::ceil((*mib - kHalfOfTheLastDecimal) * kMiB)) : 1;
}

std::uint64_t PublishedFile::largest_bytes() const {
  if (bytes) return *bytes;
  return mib ? static_cast<std::uint64_t>((*mib + kHalfOfTheLastDecimal) * kMiB) : kLargestBytes;
}

const std::vector<WeightsEntry>& all_weights() {
  static const auto all = parse_weights_catalog(config::kWeightsText, "models/weights.yaml");
  return all;
}

const WeightsEntry* find_weights(std::string_view network) {
  const auto& all = all_weights();
  const auto found = std::ranges::find(all, network, &WeightsEntry::network);
  return found == all.end() ? nullptr : &*found;
}

std::optional<RecognisedWeights> recognise_weights(std::string_view content_sha256) {
  for (const WeightsEntry& entry : all_weights()) {
    for (const PublishedFile& file : entry.files) {
      if (file.has_content(content_sha256)) return RecognisedWeights{&entry, &file, /*is_origin=*/false};
      if (begins_with(content_sha256, file.named_after_sha256)) {
        return RecognisedWeights{&entry, &file, /*is_origin=*/true};
      }
    }
  }
  return {};
}

}  // namespace mirrortune
