#pragma once

#include <filesystem>

#include "dataset/image_index.h"
#include "dataset/options.h"
#include "dataset/pixels.h"

namespace mirrortune {

/// Decodes the whole index once and writes the folder `cache`: images.npy uint8 [N,3,R,R], labels.npy int64,
/// index.csv (index,path,label,sha256) and preprocessing.json (kind, resolution, crop_ratio, classes). The
/// folder appears whole or not at all, in constant memory. Throws ExistsError if it is there, DataError as
/// decode_images.
void pack_images(const ImageIndex& index, const DataOptions& data, const std::filesystem::path& cache,
                 const DecodeControl& control = {});

/// Is this folder such a cache?
bool is_cache(const std::filesystem::path& folder);

}  // namespace mirrortune
