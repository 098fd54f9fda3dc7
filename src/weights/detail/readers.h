#pragma once

#include <filesystem>
#include <memory>

#include "weights/detail/contents.h"

namespace mirrortune::detail {

// One function per format. Each throws Refusal.

FileContents read_zip(std::unique_ptr<RandomAccessFile> file);
FileContents read_legacy(std::unique_ptr<RandomAccessFile> file);
FileContents read_safetensors(std::unique_ptr<RandomAccessFile> file);
/// `index` is a `*.safetensors.index.json`, whose shards lie beside it. The index says which tensors belong
/// to the checkpoint: a tensor of it that its shard lacks is refused, one of a shard that it does not list is
/// left out.
FileContents read_sharded(const std::filesystem::path& index);

/// Does the file start like a .safetensors file (length of the header, then "{")?
bool looks_like_safetensors(const RandomAccessFile& file);
/// Does it start like a legacy stream (a pickle of PyTorch's magic number)?
bool looks_like_legacy(const RandomAccessFile& file);

}  // namespace mirrortune::detail
