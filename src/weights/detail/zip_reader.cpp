#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "weights/detail/checksum.h"
#include "weights/detail/pickled_tensors.h"
#include "weights/detail/readers.h"
#include "weights/detail/refusal.h"
#include "weights/detail/unpickler.h"
#include "weights/detail/zip_archive.h"

namespace mirrortune::detail {
namespace {

constexpr std::string_view kPickle = "/data.pkl";
constexpr std::uint64_t kMaxSmallRecord = 64;

/// The records of one .pth by their names below the root folder: "data.pkl", "data/0", "byteorder".
class Archive {
 public:
  explicit Archive(const RandomAccessFile& file) : file_(file) {
    const auto members = read_zip_directory(file);
    const std::string root = find_root(members);
    for (const auto& member : members) {
      if (!member.name.starts_with(root)) continue;
      if (member.compressed) compressed_.push_back(member.name);
      auto record = std::make_shared<Record>();
      record->name = member.name;
      record->offset = member.offset;
      record->bytes = member.bytes;
      record->crc = member.crc;
      records_.emplace(member.name.substr(root.size()), std::move(record));
    }
  }

  const std::vector<std::string>& compressed() const { return compressed_; }

  std::shared_ptr<const Record> find(const std::string& name) const {
    const auto found = records_.find(name);
    return found == records_.end() ? nullptr : found->second;
  }

  bool has_folder(std::string_view folder) const {
    return std::any_of(records_.begin(), records_.end(),
                       [&](const auto& record) { return record.first.starts_with(folder); });
  }

  /// A record of a few bytes, verified; "" if it is not there.
  std::string text(const std::string& name) const {
    const auto record = find(name);
    if (!record) return "";
    if (record->bytes > kMaxSmallRecord) refuse("its record " + name + " is too long");
    verify(file_, *record);
    std::string text(record->bytes, '\0');
    file_.read(record->offset, std::as_writable_bytes(std::span(text)));
    return text;
  }

 private:
  /// The folder that holds data.pkl, with its slash: every record of PyTorch lies in one.
  static std::string find_root(const std::vector<ZipMember>& members) {
    std::vector<std::string> roots;
    for (const auto& member : members) {
      const auto slash = member.name.find('/');
      if (slash != std::string::npos && std::string_view(member.name).substr(slash) == kPickle) {
        roots.push_back(member.name.substr(0, slash + 1));
      }
    }
    if (roots.empty()) {
      refuse("it is a zip archive without data.pkl, which torch.save did not write",
             "Save model.state_dict() with torch.save");
    }
    if (roots.size() > 1) refuse("it is a zip archive with several data.pkl");
    return roots.front();
  }

  const RandomAccessFile& file_;
  std::vector<std::string> compressed_;
  std::unordered_map<std::string, std::shared_ptr<const Record>> records_;
};

void check_kind(const Archive& archive) {
  if (archive.find("constants.pkl") || archive.has_folder("code/")) {
    refuse("it is a TorchScript archive, a program and not only weights",
           "Convert it in Python: torch.save(torch.jit.load(FILE).state_dict(), NEW)");
  }
  if (!archive.compressed().empty()) {
    refuse("its zip member " + printable(archive.compressed().front()) +
               " is compressed, which torch.save never does",
           "Unpack the archive and pack it again without compression (zip -0), or load it in Python and use "
           "torch.save");
  }
  const std::string order = archive.text("byteorder");
  if (order == "big") {
    refuse("it was written on a big-endian machine", "Load it in Python on this machine and save it again");
  }
  if (!order.empty() && order != "little") refuse("its record byteorder says neither little nor big");
}

}  // namespace

FileContents read_zip(std::unique_ptr<RandomAccessFile> file) {
  const Archive archive(*file);
  check_kind(archive);
  const auto pickle = archive.find("data.pkl");
  verify(*file, *pickle);
  PickleBytes bytes(*file, pickle->offset, pickle->offset + pickle->bytes);
  PickleValues values(bytes);
  const ValueId root = Unpickler(bytes, values).load();
  if (bytes.position() != pickle->bytes) refuse("its data.pkl goes on after the end of the pickle");

  FileContents contents{.format = "zip .pth", .files = {}, .tensors = {}, .stored = {}, .metadata = {}};
  const auto place = [&](const PickledStorage& storage) {
    auto record = archive.find("data/" + storage.key);
    if (!record) refuse("its record data/" + printable(storage.key) + " is missing");
    return StoragePlace{.offset = record->offset, .bytes = record->bytes, .record = std::move(record)};
  };
  add_tensors(values, root, place, contents);
  contents.files.push_back(std::move(file));
  return contents;
}

}  // namespace mirrortune::detail
