#include "base/npy.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kMaxHeaderBytes = 65536;

const char* descr_of(NpyType type) {
  switch (type) {
    case NpyType::u1:
      return "|u1";
    case NpyType::i8:
      return "<i8";
    case NpyType::f8:
      return "<f8";
  }
  return "";
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw DataError({.what = "cannot read the array", .where = path.string(), .why = why});
}

/// The text of `key`'s value in a header's dictionary, up to the comma that ends it.
std::string_view value_of(std::string_view header, std::string_view key) {
  const std::string quoted = "'" + std::string(key) + "':";
  const std::size_t found = header.find(quoted);
  if (found == std::string_view::npos) return {};
  const std::string_view rest = trim(header.substr(found + quoted.size()));
  if (!rest.empty() && rest.front() == '(') {
    const std::size_t closing = rest.find(')');
    return closing == std::string_view::npos ? std::string_view{} : rest.substr(0, closing + 1);
  }
  return trim(rest.substr(0, rest.find_first_of(",}")));
}

/// "(2, 3)" → {2, 3}; false where it is not a tuple of sizes.
bool parse_shape(std::string_view text, std::vector<std::int64_t>& shape) {
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return false;
  std::vector<std::string> pieces = split(text.substr(1, text.size() - 2), ',');
  if (trim(pieces.back()).empty()) pieces.pop_back();
  for (const std::string& piece : pieces) {
    const auto size = parse_integer(trim(piece));
    if (!size || *size < 0) return false;
    shape.push_back(*size);
  }
  return true;
}

/// Elements of `shape`; −1 where their bytes would not fit 63 bits.
std::int64_t count_elements(std::span<const std::int64_t> shape) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 8;
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (size > kMost / elements) return -1;
    elements *= size;
  }
  return elements;
}

}  // namespace

std::size_t size_of(NpyType type) { return type == NpyType::u1 ? 1 : 8; }

std::string npy_header(NpyType type, std::span<const std::int64_t> shape) {
  std::string text = "{'descr': '" + std::string(descr_of(type)) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : " ") + std::to_string(shape[i]) + (i + 1 < shape.size() || i == 0 ? "," : "");
  }
  text += "), }";
  const std::size_t before = kMagic.size() + 4;
  text.append(63 - (before + text.size()) % 64, ' ');
  text += '\n';
  std::string header(kMagic);
  header += '\x01';
  header += '\0';
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

void write_npy(const std::filesystem::path& path, NpyType type, std::span<const std::int64_t> shape,
               std::span<const std::byte> bytes) {
  MIRRORTUNE_CHECK(bytes.size() == static_cast<std::size_t>(count_elements(shape)) * size_of(type));
  AtomicFile file(path);
  file.write(npy_header(type, shape));
  file.write(bytes);
  file.commit();
}

void write_npy(const std::filesystem::path& path, std::span<const std::int64_t> shape,
               std::span<const double> values) {
  write_npy(path, NpyType::f8, shape, std::as_bytes(values));
}

void write_npy(const std::filesystem::path& path, std::span<const std::int64_t> shape,
               std::span<const std::int64_t> values) {
  write_npy(path, NpyType::i8, shape, std::as_bytes(values));
}

NpyFile::NpyFile(const std::filesystem::path& path) : file_(path) {
  std::string start(12, '\0');
  if (file_.size() < start.size()) refuse(path, "it is too short for a .npy file");
  file_.read(0, std::as_writable_bytes(std::span(start)));
  if (!start.starts_with(kMagic)) refuse(path, "it is not a .npy file");
  const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(start[i])}; };
  const std::uint64_t version = byte(6);
  if (version < 1 || version > 3) refuse(path, "it is a .npy file of an unknown version");
  const std::uint64_t begin = version == 1 ? 10 : 12;
  const std::uint64_t length = byte(8) | byte(9) << 8 | (version == 1 ? 0 : byte(10) << 16 | byte(11) << 24);
  if (length > kMaxHeaderBytes || begin + length > file_.size()) {
    refuse(path,
           "its header is " + std::to_string(length) + " bytes long, more than the file or the limit allows");
  }
  std::string header(length, '\0');
  file_.read(begin, std::as_writable_bytes(std::span(header)));
  data_offset_ = begin + length;
  parse_header(header);
}

void NpyFile::parse_header(const std::string& text) {
  const std::string descr(value_of(text, "descr"));
  const auto types = {NpyType::u1, NpyType::i8, NpyType::f8};
  const auto type = std::find_if(types.begin(), types.end(), [&](NpyType candidate) {
    return descr == "'" + std::string(descr_of(candidate)) + "'";
  });
  if (type == types.end()) {
    refuse(file_.path(), "its element type is " + printable(descr) + "; '|u1', '<i8' and '<f8' are read");
  }
  type_ = *type;
  if (value_of(text, "fortran_order") != "False") refuse(file_.path(), "it is not in C order");
  if (!parse_shape(value_of(text, "shape"), shape_)) refuse(file_.path(), "its header has no valid shape");
  elements_ = count_elements(shape_);
  const std::uint64_t bytes = static_cast<std::uint64_t>(elements_) * size_of(type_);
  const std::uint64_t there = file_.size() - data_offset_;
  if (elements_ < 0 || bytes != there) {
    refuse(file_.path(), "its shape " + std::string(value_of(text, "shape")) + " needs other than the " +
                             std::to_string(there) + " bytes of data that are there");
  }
}

}  // namespace mirrortune
