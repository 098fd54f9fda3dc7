#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weights/tensor_info.h"

namespace mirrortune {

namespace detail {
struct FileContents;
struct StoredTensor;
}  // namespace detail

/// A weights file of any format that we read, opened for random access: names, types and shapes are known and
/// checked, the values stay on disk until they are asked for. Reading is thread-safe.
///
/// The content decides, not the file's name: zip .pth (torch.save since 1.6), legacy .pth (before),
/// .safetensors, or a folder with one `*.safetensors.index.json` (or that file itself). Of a checkpoint the
/// state dict is taken and what stands beside it is skipped (see section()); what wrappers put before all
/// names is dropped (see dropped_prefix()). Nothing of the file is ever executed: a pickle may name only what
/// state dicts and the usual company of theirs are made of.
class WeightsFile {
 public:
  /// Throws WeightsError (65) with the reason for a file that is corrupt, refused or of another format;
  /// MissingError (66); PermissionError (77).
  static std::unique_ptr<WeightsFile> open(const std::filesystem::path& path);
  ~WeightsFile();
  WeightsFile(const WeightsFile&) = delete;
  WeightsFile& operator=(const WeightsFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// "zip .pth", "legacy .pth", "safetensors" or "sharded safetensors".
  const std::string& format() const { return format_; }
  /// In the order of the file's own table (of a sharded one: shard by shard). Names are unique, printable and
  /// not empty.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// The text pairs under `__metadata__` of a .safetensors file; empty for the other formats.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// The key of a checkpoint under which the state dict stood: "state_dict", or where there is none the only
  /// dict of tensors, if its name is a usual one ("model", "model_state_dict", "net", …). "" if the whole
  /// file is the state dict.
  const std::string& section() const { return section_; }
  /// What was dropped before all names: as many of "module." (DataParallel), "model." (Lightning) and
  /// "_orig_mod." (torch.compile), in any order, as every name starts with. "" for none.
  const std::string& dropped_prefix() const { return dropped_prefix_; }
  /// Null if there is no such tensor.
  const TensorInfo* find(std::string_view name) const;

  /// The functions below take a TensorInfo of tensors() or find(). They throw WeightsError when the bytes do
  /// not match the CRC-32 of their zip record, or the file became shorter. Tensors are read at their own
  /// size; only a view with gaps in its storage costs up to 8 MiB more.
  NamedArray read(const TensorInfo& tensor) const;
  /// Elements [begin, begin + out.size()) in row-major order as numbers, without reading the rest. A part of
  /// a view that is not contiguous in its storage is taken from the whole, which is gathered once and kept
  /// until another one is asked for.
  void read_values(const TensorInfo& tensor, std::int64_t begin, std::span<double> out) const;
  void read_values(const TensorInfo& tensor, std::int64_t begin, std::span<float> out) const;
  /// The same elements as they are: contiguous little-endian bytes; out.size() is a multiple of the element's
  /// size.
  void read_bytes(const TensorInfo& tensor, std::int64_t begin, std::span<std::byte> out) const;

 private:
  WeightsFile(std::filesystem::path path, detail::FileContents contents, std::string dropped_prefix);
  const detail::StoredTensor& stored(const TensorInfo& tensor) const;
  std::shared_ptr<const std::vector<std::byte>> gathered(const TensorInfo& tensor) const;
  template <class T>
  void read_numbers(const TensorInfo& tensor, std::int64_t begin, std::span<T> out) const;

  std::filesystem::path path_;
  std::string format_, section_, dropped_prefix_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
  std::unordered_map<std::string_view, std::size_t> index_;  ///< name → place in tensors_
  std::unique_ptr<detail::FileContents> contents_;

  mutable std::mutex gathered_mutex_;
  mutable std::string gathered_name_;
  mutable std::shared_ptr<const std::vector<std::byte>> gathered_;
};

}  // namespace mirrortune
