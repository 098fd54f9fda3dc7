#include <array>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"
#include "weights/detail/byte_cursor.h"
#include "weights/detail/pickled_tensors.h"
#include "weights/detail/readers.h"
#include "weights/detail/refusal.h"
#include "weights/detail/unpickler.h"

namespace mirrortune::detail {
namespace {

/// The pickle of torch.serialization.MAGIC_NUMBER, 0x1950a86a20f9469cfc6c, after its protocol byte.
constexpr std::string_view kMagicPickle = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
constexpr std::int64_t kProtocolVersion = 1001;

/// The stream's pickles before the data: magic number, protocol version, system, the object, and the keys of
/// the storages that follow.
class Stream {
 public:
  explicit Stream(const RandomAccessFile& file)
      : bytes_(file, 0, file.size()), values_(bytes_), unpickler_(bytes_, values_) {
    unpickler_.load();  // the magic number, known from looks_like_legacy
    if (values_.integer(unpickler_.load()) != kProtocolVersion) refuse("its legacy protocol is not 1001");
    check_system(unpickler_.load());
    root_ = unpickler_.load();
    keys_ = read_keys(unpickler_.load());
  }

  const PickleValues& values() const { return values_; }
  ValueId root() const { return root_; }
  const std::vector<std::string>& keys() const { return keys_; }
  std::uint64_t end() const { return bytes_.position(); }

 private:
  void check_system(ValueId system) const {
    const auto little =
        values_.is(system, ValueKind::dict) ? values_.find(system, "little_endian") : std::nullopt;
    if (!little || !values_.is(*little, ValueKind::boolean))
      refuse("its legacy stream does not say its byte order");
    if (values_[*little].number == 0) {
      refuse("it was written on a big-endian machine", "Load it in Python on this machine and save it again");
    }
  }

  std::vector<std::string> read_keys(ValueId list) const {
    std::vector<std::string> keys;
    if (!values_.is(list, ValueKind::list)) refuse("its legacy stream has no list of storages");
    for (const ValueId key : values_[list].items) {
      if (!values_.is(key, ValueKind::text)) refuse("its legacy stream has a storage without a name");
      keys.emplace_back(values_.text(key));
    }
    return keys;
  }

  PickleBytes bytes_;
  PickleValues values_;
  Unpickler unpickler_;
  ValueId root_;
  std::vector<std::string> keys_;
};

std::uint64_t read_u64(const RandomAccessFile& file, std::uint64_t offset) {
  std::array<std::byte, 8> bytes{};
  if (offset > file.size() || file.size() - offset < bytes.size()) {
    refuse("its storages end early: the file is truncated", "Download or copy it again");
  }
  file.read(offset, bytes);
  return ByteCursor(bytes, "").u64();
}

/// Walks the data: for each key the number of elements (8 bytes), then the elements.
std::unordered_map<std::string, StoragePlace> place_storages(const RandomAccessFile& file,
                                                             const Stream& stream) {
  std::unordered_map<std::string_view, const PickledStorage*> known;
  for (const auto& storage : stream.values().storages) known.emplace(storage.key, &storage);
  std::unordered_map<std::string, StoragePlace> places;
  std::uint64_t offset = stream.end();
  for (const auto& key : stream.keys()) {
    const auto storage = known.find(key);
    if (storage == known.end()) refuse("its storage " + printable(key) + " belongs to no tensor");
    const auto elements = read_u64(file, offset);
    offset += 8;
    const auto size = storage->second->type->bytes;
    if (elements > (file.size() - offset) / size) {
      refuse(fmt::format(
                 "its storage {} says to hold {} elements, more than the rest of the file: it is truncated",
                 printable(key), elements),
             "Download or copy it again");
    }
    const StoragePlace place{.offset = offset, .bytes = elements * size};
    if (!places.emplace(key, place).second) refuse("its storage " + printable(key) + " comes twice");
    offset += place.bytes;
  }
  if (offset != file.size()) refuse(fmt::format("{} bytes follow its last storage", file.size() - offset));
  return places;
}

}  // namespace

bool looks_like_legacy(const RandomAccessFile& file) {
  std::string start(2 + kMagicPickle.size(), '\0');
  if (file.size() < start.size()) return false;
  file.read(0, std::as_writable_bytes(std::span(start)));
  return start[0] == '\x80' && std::string_view(start).substr(2) == kMagicPickle;
}

FileContents read_legacy(std::unique_ptr<RandomAccessFile> file) {
  const Stream stream(*file);
  const auto places = place_storages(*file, stream);
  FileContents contents{.format = "legacy .pth", .files = {}, .tensors = {}, .stored = {}, .metadata = {}};
  const auto place = [&](const PickledStorage& storage) {
    const auto found = places.find(storage.key);
    if (found == places.end()) refuse("its storage " + printable(storage.key) + " is missing");
    return found->second;
  };
  add_tensors(stream.values(), stream.root(), place, contents);
  contents.files.push_back(std::move(file));
  return contents;
}

}  // namespace mirrortune::detail
