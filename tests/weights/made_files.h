#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weights/byte_builder.h"

// One state dict of `tensors` float tensors of shape [5, 5] in each format, as bytes.

namespace mirrortune::test {

inline std::string made_name(int number) { return "layer" + std::to_string(number) + ".weight"; }
inline std::string made_data(int number) { return std::string(100, static_cast<char>(number)); }

/// The object that torch.save would pickle, its storages under the keys "0", "1", ….
inline std::string made_object(int tensors) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < tensors; ++i) {
    TensorText tensor;
    tensor.storage.key = std::to_string(i);
    tensor.storage.elements = 25;
    tensor.shape = {5, 5};
    tensor.strides = {5, 1};
    entries.emplace_back(made_name(i), pickled(tensor));
  }
  return pickled_dict(entries);
}

inline std::string made_zip(int tensors) {
  std::vector<std::pair<std::string, std::string>> members = {
      {"a/data.pkl", whole_pickle(made_object(tensors))}, {"a/byteorder", "little"}};
  for (int i = 0; i < tensors; ++i) members.emplace_back("a/data/" + std::to_string(i), made_data(i));
  return zip_of(members);
}

inline std::string made_legacy(int tensors) {
  std::string keys = "](", data;
  for (int i = 0; i < tensors; ++i) {
    keys += pickled_text(std::to_string(i));
    data += little_endian(25, 8) + made_data(i);
  }
  return whole_pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + whole_pickle("M\xe9\x03") +
         whole_pickle(pickled_dict({{"little_endian", "\x88"}})) + whole_pickle(made_object(tensors)) +
         whole_pickle(keys + "e") + data;
}

inline std::string made_safetensors(int tensors) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}", data;
  for (int i = 0; i < tensors; ++i) {
    header += ",\"" + made_name(i) + "\":{\"dtype\":\"F32\",\"shape\":[5,5],\"data_offsets\":[" +
              std::to_string(data.size()) + "," + std::to_string(data.size() + 100) + "]}";
    data += made_data(i);
  }
  return safetensors_of(header + "}", data);
}

/// The index of one shard that holds them all.
inline std::string made_index(int tensors, const std::string& shard) {
  std::string text = "{\"metadata\":{\"total_size\":" + std::to_string(100 * tensors) + "},\"weight_map\":{";
  for (int i = 0; i < tensors; ++i) {
    text += (i == 0 ? "\"" : ",\"") + made_name(i) + "\":\"" + shard + "\"";
  }
  return text + "}}";
}

}  // namespace mirrortune::test
