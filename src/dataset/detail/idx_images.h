#pragma once

#include <cstdint>
#include <filesystem>

#include "dataset/image_index.h"

namespace mirrortune::detail {

/// More images than this in one IDX file are refused.
inline constexpr std::int64_t kMaxIdxImages = 10'000'000;
/// Images with a longer side than this are refused, as in a JPEG.
inline constexpr std::int64_t kMaxIdxSide = 65'500;

/// Is the root a regular file, and so one of IDX images?
bool is_idx_root(const std::filesystem::path& root);

/// Reads and labels the images of an IDX file as index_images says.
ImageIndex index_idx_images(const DataOptions& data, std::int64_t num_classes);

/// Throws DataError if `data.md5` is given, for a root that is there but is no IDX file.
void require_no_md5(const DataOptions& data);

}  // namespace mirrortune::detail
