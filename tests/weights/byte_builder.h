#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

// Bytes of small weights files, put together by hand.

namespace mirrortune::test {

/// `value` as little-endian bytes.
inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void spill(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Pieces of a pickle, each leaving one value on the stack.

inline std::string pickled_text(const std::string& text) {
  return "X" + little_endian(text.size(), 4) + text;
}
inline std::string pickled(std::int64_t value) {
  return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(value), 8);
}
inline std::string pickled(const std::vector<std::int64_t>& values) {
  std::string text = "(";
  for (const auto value : values) text += pickled(value);
  return text + "t";
}

struct StorageText {
  std::string key = "0";
  std::int64_t elements = 6;
  std::string type = "FloatStorage";
};
inline std::string pickled(const StorageText& storage) {
  return "(" + pickled_text("storage") + "ctorch\n" + storage.type + "\n" + pickled_text(storage.key) +
         pickled_text("cpu") + pickled(storage.elements) + "tQ";
}

struct TensorText {
  StorageText storage = {};
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape = {2, 3}, strides = {3, 1};
};
inline std::string pickled(const TensorText& tensor) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + pickled(tensor.storage) + pickled(tensor.offset) +
         pickled(tensor.shape) + pickled(tensor.strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
}

inline std::string pickled_dict(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string text = "}(";
  for (const auto& [name, value] : entries) text += pickled_text(name) + value;
  return text + "u";
}

inline std::string whole_pickle(const std::string& body) { return "\x80\x02" + body + "."; }

/// A plain zip archive with stored members.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string data, directory;
  for (const auto& [name, content] : members) {
    const auto crc =
        crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<z_size_t>(content.size()));
    const std::string sizes = little_endian(crc, 4) + little_endian(content.size(), 4) +
                              little_endian(content.size(), 4) + little_endian(name.size(), 2);
    const std::string versions_to_date(4 + 4, '\0');  // flags, method, time, date
    directory += "PK\x01\x02" + std::string(4, '\0') + versions_to_date + sizes +
                 std::string(2 + 2 + 2 + 2 + 4, '\0') + little_endian(data.size(), 4) + name;
    data += "PK\x03\x04" + std::string(2, '\0') + versions_to_date + sizes + std::string(2, '\0') + name +
            content;
  }
  return data + directory + "PK\x05\x06" + std::string(4, '\0') + little_endian(members.size(), 2) +
         little_endian(members.size(), 2) + little_endian(directory.size(), 4) +
         little_endian(data.size(), 4) + std::string(2, '\0');
}

/// A state dict of one tensor "w" of shape [2, 3] that fills storage "0".
inline std::string pickle_of_one_tensor() {
  const TensorText tensor;
  return whole_pickle(pickled_dict({{"w", pickled(tensor)}}));
}

/// A .pth with this data.pkl and one storage "0" of six floats 0 … 5.
inline std::string pth_of(const std::string& pickle) {
  std::string floats;
  for (const float value : {0.f, 1.f, 2.f, 3.f, 4.f, 5.f})
    floats.append(reinterpret_cast<const char*>(&value), 4);
  return zip_of({{"a/data.pkl", pickle}, {"a/byteorder", "little"}, {"a/data/0", floats}});
}

inline std::string safetensors_of(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

}  // namespace mirrortune::test
