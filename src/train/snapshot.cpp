#include "train/snapshot.h"

#include <vector>

#include "models/layers.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"

namespace mirrortune {
namespace {

void write_arrays(const std::filesystem::path& path, const std::vector<NamedArray>& arrays,
                  const std::map<std::string, std::string>& metadata) {
  std::vector<ArrayView> views;
  views.reserve(arrays.size());
  for (const auto& array : arrays) views.push_back(view_of(array));
  write_safetensors(path, views, metadata);
}

}  // namespace

void write_snapshot(const std::filesystem::path& path, const Network& network,
                    const std::map<std::string, std::string>& metadata) {
  std::vector<NamedArray> arrays;
  for (const auto& layer : plastic_weights(network)) arrays.push_back(to_array(layer.name, layer.weight));
  write_arrays(path, arrays, metadata);
}

void write_state(const std::filesystem::path& path, const Network& network,
                 const std::map<std::string, std::string>& metadata) {
  std::vector<NamedArray> arrays;
  for (const auto& entry : state_entries(network)) arrays.push_back(to_array(entry.name, entry.value));
  write_arrays(path, arrays, metadata);
}

}  // namespace mirrortune
