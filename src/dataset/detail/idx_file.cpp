#include "dataset/detail/idx_file.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr std::size_t kChunk = 1 << 20;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why,
                         const std::string& todo = "") {
  throw DataError(
      {.what = "cannot read the IDX file", .where = printable(path.string()), .why = why, .todo = todo});
}

/// The bytes 0, 0, type and number of dimensions.
void read_magic(UnpackedFile& file, const std::filesystem::path& path, std::size_t dimensions) {
  std::array<std::uint8_t, 4> magic{};
  const std::size_t count = file.read(std::as_writable_bytes(std::span(magic)));
  if (count == 0) refuse(path, "it is empty");
  if (count < magic.size() || magic[0] != 0 || magic[1] != 0) {
    const std::string start(magic.begin(), magic.begin() + static_cast<std::ptrdiff_t>(count));
    refuse(path, "it is not an IDX file: it begins with '" + printable(start) + "'");
  }
  if (magic[2] != kUnsignedByte) {
    refuse(path, "its elements have the type " + std::to_string(magic[2]) +
                     ", but only unsigned bytes (type " + std::to_string(kUnsignedByte) + ") are read");
  }
  if (magic[3] != dimensions) {
    refuse(
        path, "it has " + std::to_string(magic[3]) + " dimensions instead of " + std::to_string(dimensions),
        dimensions == 1 ? "Give the file of the labels" : "Give the file of the images, not of their labels");
  }
}

std::vector<std::int64_t> read_sizes(UnpackedFile& file, const std::filesystem::path& path,
                                     std::size_t dimensions) {
  std::vector<std::uint8_t> bytes(4 * dimensions);
  if (file.read(std::as_writable_bytes(std::span(bytes))) < bytes.size()) {
    refuse(path, "it ends inside its header: it is truncated");
  }
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    sizes.push_back(std::int64_t{bytes[i]} << 24 | bytes[i + 1] << 16 | bytes[i + 2] << 8 | bytes[i + 3]);
  }
  return sizes;
}

std::string to_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const std::int64_t size : shape) sizes.push_back(std::to_string(size));
  return join(sizes, "×");
}

/// The number of elements, checked against `most` before it can overflow.
std::int64_t count_elements(const std::vector<std::int64_t>& shape, std::int64_t most,
                            const std::filesystem::path& path) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size == 0) refuse(path, "its header says " + to_text(shape) + ": it holds nothing");
    if (count > most / size) {
      const bool packed = most == kMaxPackedIdxBytes;
      refuse(path,
             "its header says " + to_text(shape) + " bytes, more than the limit of " +
                 std::to_string(most >> 30) + " GiB" + (packed ? " for packed files" : ""),
             packed ? "If it is as large as that, unpack it with gunzip" : "");
    }
    count *= size;
  }
  return count;
}

std::vector<std::uint8_t> read_values(UnpackedFile& file, const std::filesystem::path& path,
                                      std::size_t promised) {
  std::vector<std::uint8_t> values;
  while (values.size() < promised) {
    const std::size_t have = values.size();
    values.resize(std::min(promised, have + std::max(kChunk, have)));
    const std::size_t came = file.read(std::as_writable_bytes(std::span(values).subspan(have)));
    if (have + came < values.size()) {
      refuse(path, "its header promises " + std::to_string(promised) + " bytes, but " +
                       std::to_string(have + came) + " follow: it is truncated");
    }
  }
  std::byte more{};
  if (file.read({&more, 1}) > 0)
    refuse(path, "it goes on after the " + std::to_string(promised) + " bytes that its header promises");
  return values;
}

}  // namespace

IdxArray read_idx_file(const std::filesystem::path& path, std::size_t dimensions) {
  UnpackedFile file(path);
  read_magic(file, path, dimensions);
  IdxArray array{.shape = read_sizes(file, path, dimensions), .values = {}};
  const std::int64_t most = file.is_gzip() ? kMaxPackedIdxBytes : kMaxIdxBytes;
  array.values = read_values(file, path, static_cast<std::size_t>(count_elements(array.shape, most, path)));
  return array;
}

void write_idx_header(GzipWriter& file, std::span<const std::int64_t> shape) {
  std::vector<std::uint8_t> header = {0, 0, kUnsignedByte, static_cast<std::uint8_t>(shape.size())};
  for (const std::int64_t size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) header.push_back(static_cast<std::uint8_t>(size >> shift));
  }
  file.write(header);
}

}  // namespace mirrortune::detail
