#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "weights/detail/byte_cursor.h"
#include "weights/detail/checks.h"
#include "weights/detail/readers.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own library

/// One entry of the header while it is read.
struct HeaderTensor {
  std::string name = {};
  std::optional<std::string> dtype = {};
  std::optional<std::vector<std::uint64_t>> shape = {};
  std::optional<std::vector<std::uint64_t>> offsets = {};
};

/// Takes the header's JSON piece by piece and accepts nothing but its one shape, so that no document of it is
/// ever built:
/// {"__metadata__": {text: text, …}, name: {"dtype": text, "shape": [n, …], "data_offsets": [begin, end]}, …}
class HeaderParser : public nlohmann::json_sax<Json> {
 public:
  std::vector<HeaderTensor> tensors;
  std::map<std::string, std::string> metadata;

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return unexpected("a number with a fraction");
  }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (numbers_ == nullptr) return unexpected("a number");
    if (numbers_->size() == kMaxRank) refuse(here() + " has too many numbers");
    numbers_->push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (depth_ == 2 && in_metadata_) {
      metadata[key_] = value;
    } else if (depth_ == 2 && key_ == "dtype" && numbers_ == nullptr) {
      tensors.back().dtype = value;
    } else {
      return unexpected("text");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (depth_ > 1 || numbers_ != nullptr) return unexpected("an object");
    depth_ += 1;
    keys_in_object_.clear();
    if (depth_ == 1) return true;
    in_metadata_ = key_ == "__metadata__";
    if (!in_metadata_) tensors.push_back({.name = key_});
    return true;
  }

  bool end_object() override {
    if (depth_ == 2 && !in_metadata_) check_complete(tensors.back());
    depth_ -= 1;
    return true;
  }

  bool key(string_t& value) override {
    key_ = value;
    auto& seen = depth_ == 1 ? names_ : keys_in_object_;
    if (!seen.insert(value).second)
      refuse(fmt::format("its header has the key \"{}\" twice", printable(value)));
    const bool known = value == "dtype" || value == "shape" || value == "data_offsets";
    if (depth_ == 2 && !in_metadata_ && !known) {
      refuse(fmt::format("{} has the unknown key \"{}\"", of_tensor(), printable(value)));
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_metadata_ || numbers_ != nullptr || key_ == "dtype") return unexpected("an array");
    auto& target = key_ == "shape" ? tensors.back().shape : tensors.back().offsets;
    numbers_ = &target.emplace();
    return true;
  }

  bool end_array() override {
    numbers_ = nullptr;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    refuse(fmt::format("its header is not valid JSON at byte {}", 8 + position));
  }

 private:
  static void check_complete(const HeaderTensor& tensor) {
    if (tensor.dtype && tensor.shape && tensor.offsets && tensor.offsets->size() == 2) return;
    refuse(fmt::format("the header's entry of tensor \"{}\" lacks its dtype, shape or two data_offsets",
                       printable(tensor.name)));
  }

  std::string of_tensor() const {
    return fmt::format("the header's entry of tensor \"{}\"", printable(tensors.back().name));
  }
  std::string here() const { return fmt::format("the header's key \"{}\"", printable(key_)); }
  bool unexpected(const char* what) const {
    refuse(depth_ == 0 ? fmt::format("its header is {} where an object must be", what)
                       : fmt::format("{} holds {}, which the format does not allow", here(), what));
  }

  int depth_ = 0;
  bool in_metadata_ = false;
  std::string key_;
  std::set<std::string> names_, keys_in_object_;
  std::vector<std::uint64_t>* numbers_ = nullptr;
};

TensorInfo checked_info(const HeaderTensor& header) {
  const auto dtype = dtype_from_safetensors(*header.dtype);
  if (!dtype) {
    refuse(fmt::format("tensor \"{}\" has the type {}, which is not read", printable(header.name),
                       printable(*header.dtype)),
           "Convert it to a float type first");
  }
  TensorInfo info{.name = header.name, .dtype = *dtype, .shape = {}};
  for (const auto extent : *header.shape) {
    if (extent > kMaxExtent)
      refuse(fmt::format("tensor \"{}\" has an impossible shape", printable(info.name)));
    info.shape.push_back(static_cast<std::int64_t>(extent));
  }
  check_info(info);
  return info;
}

/// The tensors' bytes must fill the data section without gaps or overlaps.
void check_layout(const std::vector<HeaderTensor>& tensors, std::uint64_t data_bytes) {
  std::vector<const HeaderTensor*> order;
  for (const auto& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(),
            [](const auto* a, const auto* b) { return *a->offsets < *b->offsets; });
  std::uint64_t end = 0;
  for (const auto* tensor : order) {
    const auto begin = tensor->offsets->front();
    if (begin != end) {
      refuse(fmt::format("the data of tensor \"{}\" {}: they start at byte {}, not {}",
                         printable(tensor->name),
                         begin < end ? "overlap those before" : "leave a gap before them", begin, end));
    }
    end = tensor->offsets->back();
  }
  if (end == data_bytes) return;
  refuse(fmt::format("its header tells of {} bytes of data, the file has {}", end, data_bytes),
         end > data_bytes ? "The file is truncated: download or copy it again" : "");
}

std::uint64_t header_bytes(const RandomAccessFile& file) {
  std::array<std::byte, 8> first{};
  file.read(0, first);
  return ByteCursor(first, "the file").u64();
}

}  // namespace

bool looks_like_safetensors(const RandomAccessFile& file) {
  constexpr std::uint64_t kPlausible = std::uint64_t{1} << 40;
  if (file.size() < 10) return false;
  std::array<std::byte, 2> text{};
  file.read(8, text);
  constexpr std::string_view kAfterBrace = "\"} \t\r\n";
  const bool object =
      text[0] == std::byte{'{'} && kAfterBrace.find(static_cast<char>(text[1])) != std::string_view::npos;
  return object && header_bytes(file) < kPlausible;
}

FileContents read_safetensors(std::unique_ptr<RandomAccessFile> file) {
  const std::uint64_t length = header_bytes(*file);
  if (length > kMaxHeaderBytes) {
    refuse(
        fmt::format("its header says to be {} bytes long; at most {} are allowed", length, kMaxHeaderBytes));
  }
  if (length > file->size() - 8) {
    refuse(fmt::format("its header says to be {} bytes long, the file has {}", length, file->size()),
           "The file is truncated: download or copy it again");
  }
  HeaderParser parser;
  {
    std::string text(length, '\0');
    file->read(8, std::as_writable_bytes(std::span(text)));
    Json::sax_parse(text, &parser);
  }
  const std::uint64_t data = 8 + length;
  FileContents contents{.format = "safetensors", .files = {}, .tensors = {}, .stored = {}, .metadata = {}};
  for (const auto& header : parser.tensors) {
    auto info = checked_info(header);
    const auto begin = header.offsets->front(), end = header.offsets->back();
    if (end < begin || end - begin != static_cast<std::uint64_t>(info.bytes())) {
      refuse(
          fmt::format("tensor \"{}\" of type {} and shape {} needs {} bytes, its data_offsets are [{}, {}]",
                      printable(info.name), safetensors_name(info.dtype), shape_text(info.shape),
                      info.bytes(), begin, end));
    }
    contents.tensors.push_back(std::move(info));
    contents.stored.push_back({.file = 0, .offset = data + begin});
  }
  check_layout(parser.tensors, file->size() - data);
  contents.metadata = std::move(parser.metadata);
  contents.files.push_back(std::move(file));
  return contents;
}

}  // namespace mirrortune::detail
