#include "weights/weights_file.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "weights/detail/checksum.h"
#include "weights/detail/gather.h"
#include "weights/detail/readers.h"
#include "weights/detail/refusal.h"

namespace mirrortune {
namespace {

using detail::FileContents;
using detail::Refusal;
using detail::refuse;

constexpr std::array<std::string_view, 3> kWrapperPrefixes = {"module.", "model.", "_orig_mod."};
constexpr std::size_t kBlockElements = 1 << 16;

/// Runs `action`; its Refusal becomes a WeightsError that names the file.
template <class Action>
auto naming(const std::filesystem::path& path, Action action) {
  try {
    return action();
  } catch (const Refusal& refusal) {
    throw WeightsError({.what = "cannot read weights",
                        .where = printable(path.string()),
                        .why = refusal.what(),
                        .todo = refusal.todo});
  }
}

/// What a file of another kind starts with, and what to tell its owner.
struct OtherKind {
  std::string_view start;
  std::size_t at;
  const char* why;
  const char* todo;
};

constexpr std::array kOtherKinds = {
    OtherKind{"ustar", 257, "it is a tar archive, the format of PyTorch before 0.1.10",
              "Load it in Python with torch.load and write it again with torch.save"},
    OtherKind{"\x1f\x8b", 0, "it is compressed by gzip", "Unpack it first"},
    OtherKind{"\x89HDF", 0, "it is an HDF5 file (Keras), not PyTorch's",
              "Convert it to .safetensors in Python"},
    OtherKind{"version https://git-lfs", 0, "it is a pointer of Git LFS, not the file itself",
              "Fetch the file with git lfs pull"},
    OtherKind{"<", 0, "it is a web page or XML", "Download the weights again"},
    OtherKind{"\x80", 0, "it is a pickle, but not one that torch.save wrote",
              "Write the state dict with torch.save"},
};

[[noreturn]] void refuse_unknown(const RandomAccessFile& file) {
  if (file.size() == 0) refuse("the file is empty");
  std::string start(std::min<std::uint64_t>(file.size(), 512), '\0');
  file.read(0, std::as_writable_bytes(std::span(start)));
  for (const auto& kind : kOtherKinds) {
    if (kind.at < start.size() && std::string_view(start).substr(kind.at).starts_with(kind.start)) {
      refuse(kind.why, kind.todo);
    }
  }
  refuse("it is neither a .pth of PyTorch nor a .safetensors file");
}

/// A boolean that is neither 0 nor 1 would be undefined behaviour for those who read it as bool.
void check_booleans(const TensorInfo& tensor, std::span<const std::byte> bytes) {
  if (tensor.dtype != DType::boolean) return;
  if (std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte > std::byte{1}; })) {
    refuse("the boolean tensor \"" + tensor.name + "\" holds a value that is neither 0 nor 1");
  }
}

/// The tensor's bytes from `first` on; all of them if it is not contiguous.
void read_stored(const RandomAccessFile& file, const TensorInfo& tensor, const detail::StoredTensor& where,
                 std::size_t first, std::span<std::byte> out) {
  const detail::Record* record = where.record.get();
  const std::uint64_t offset = where.offset + first;
  if (where.contiguous && record && record->offset == offset && record->bytes == out.size()) {
    return detail::read_verified(file, *record, out);
  }
  if (record) detail::verify(file, *record);
  if (where.contiguous) return file.read(offset, out);
  detail::gather(file, tensor, where, out);
}

/// The one index of a folder of shards.
std::filesystem::path index_in_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().ends_with(".safetensors.index.json"))
      found.push_back(entry->path());
  }
  if (error) throw_read_error("cannot read weights", printable(folder.string()), error.value());
  if (found.empty()) {
    throw MissingError({.what = "cannot read weights",
                        .where = printable(folder.string()),
                        .why = "the folder holds no *.safetensors.index.json",
                        .todo = "Name the weights file itself"});
  }
  if (found.size() > 1) refuse("the folder holds several *.safetensors.index.json", "Name one of them");
  return found.front();
}

FileContents read_contents(const std::filesystem::path& path) {
  std::error_code ignored;  // what is no folder is opened as a file, which says what is wrong with it
  if (std::filesystem::is_directory(path, ignored)) return detail::read_sharded(index_in_folder(path));
  auto file = std::make_unique<RandomAccessFile>(path);
  if (detail::looks_like_safetensors(*file)) return detail::read_safetensors(std::move(file));
  if (detail::looks_like_legacy(*file)) return detail::read_legacy(std::move(file));
  std::string start(std::min<std::uint64_t>(file->size(), 4), '\0');
  file->read(0, std::as_writable_bytes(std::span(start)));
  if (start == "PK\3\4" || start == "PK\5\6") return detail::read_zip(std::move(file));
  if (start.starts_with('{')) return detail::read_sharded(path);
  refuse_unknown(*file);
}

/// The longest sequence of wrappers' prefixes that all names share and that leaves none of them empty.
std::string common_prefix(const std::vector<TensorInfo>& tensors) {
  std::string prefix;
  const auto all_start_with = [&](const std::string& start) {
    return std::all_of(tensors.begin(), tensors.end(), [&](const TensorInfo& tensor) {
      return tensor.name.size() > start.size() && tensor.name.starts_with(start);
    });
  };
  for (bool longer = !tensors.empty(); longer;) {
    longer = false;
    for (const auto wrapper : kWrapperPrefixes) {
      const std::string candidate = prefix + std::string(wrapper);
      if (!all_start_with(candidate)) continue;
      prefix = candidate;
      longer = true;
    }
  }
  return prefix;
}

}  // namespace

std::unique_ptr<WeightsFile> WeightsFile::open(const std::filesystem::path& path) {
  return naming(path, [&] {
    FileContents contents = read_contents(path);
    std::string prefix = common_prefix(contents.tensors);
    for (auto& tensor : contents.tensors) tensor.name.erase(0, prefix.size());
    return std::unique_ptr<WeightsFile>(new WeightsFile(path, std::move(contents), std::move(prefix)));
  });
}

WeightsFile::WeightsFile(std::filesystem::path path, FileContents contents, std::string dropped_prefix)
    : path_(std::move(path)),
      format_(contents.format),
      section_(std::move(contents.section)),
      dropped_prefix_(std::move(dropped_prefix)),
      tensors_(std::move(contents.tensors)),
      metadata_(std::move(contents.metadata)),
      contents_(std::make_unique<FileContents>(std::move(contents))) {
  for (std::size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
  MIRRORTUNE_CHECK(index_.size() == tensors_.size());
}

WeightsFile::~WeightsFile() = default;

const TensorInfo* WeightsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const detail::StoredTensor& WeightsFile::stored(const TensorInfo& tensor) const {
  const auto found = index_.find(tensor.name);
  MIRRORTUNE_CHECK(found != index_.end() && tensors_[found->second] == tensor);
  return contents_->stored[found->second];
}

NamedArray WeightsFile::read(const TensorInfo& tensor) const {
  NamedArray array{tensor, std::vector<std::byte>(static_cast<std::size_t>(tensor.bytes()))};
  read_bytes(tensor, 0, array.bytes);
  return array;
}

std::shared_ptr<const std::vector<std::byte>> WeightsFile::gathered(const TensorInfo& tensor) const {
  const std::lock_guard lock(gathered_mutex_);
  if (!gathered_ || gathered_name_ != tensor.name) {
    gathered_.reset();
    gathered_ = std::make_shared<const std::vector<std::byte>>(read(tensor).bytes);
    gathered_name_ = tensor.name;
  }
  return gathered_;
}

void WeightsFile::read_bytes(const TensorInfo& tensor, std::int64_t begin, std::span<std::byte> out) const {
  const std::size_t size = element_bytes(tensor.dtype);
  const auto count = static_cast<std::int64_t>(out.size() / size);
  MIRRORTUNE_CHECK(out.size() % size == 0 && begin >= 0 && begin <= tensor.elements() - count);
  const auto first = static_cast<std::size_t>(begin) * size;
  const auto& where = stored(tensor);
  if (!where.contiguous && out.size() < static_cast<std::size_t>(tensor.bytes())) {
    const auto whole = gathered(tensor);
    std::copy_n(whole->begin() + static_cast<std::ptrdiff_t>(first), out.size(), out.begin());
    return;
  }
  naming(path_, [&] {
    read_stored(*contents_->files[where.file], tensor, where, first, out);
    check_booleans(tensor, out);
  });
}

template <class T>
void WeightsFile::read_numbers(const TensorInfo& tensor, std::int64_t begin, std::span<T> out) const {
  const bool as_stored = tensor.dtype == (std::is_same_v<T, float> ? DType::float32 : DType::float64);
  if (as_stored) return read_bytes(tensor, begin, std::as_writable_bytes(out));
  const std::size_t size = element_bytes(tensor.dtype);
  std::vector<std::byte> block(std::min(out.size(), kBlockElements) * size);
  while (!out.empty()) {
    const auto part = out.first(std::min(out.size(), kBlockElements));
    const auto bytes = std::span(block).first(part.size() * size);
    read_bytes(tensor, begin, bytes);
    to_numbers(tensor.dtype, bytes, part);
    begin += static_cast<std::int64_t>(part.size());
    out = out.subspan(part.size());
  }
}

void WeightsFile::read_values(const TensorInfo& tensor, std::int64_t begin, std::span<double> out) const {
  read_numbers(tensor, begin, out);
}

void WeightsFile::read_values(const TensorInfo& tensor, std::int64_t begin, std::span<float> out) const {
  read_numbers(tensor, begin, out);
}

}  // namespace mirrortune
