#include "train/snapshot.h"

#include "models/layers.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"

namespace mirrortune {
void write_snapshot(const std::filesystem::path& path, const Network& network,
                    const std::map<std::string, std::string>& metadata) {
  HostArrays arrays;
  for (const auto& layer : plastic_weights(network)) arrays.add(layer.name, layer.weight);
  write_safetensors(path, arrays.views(), metadata);
}

void write_state(const std::filesystem::path& path, const Network& network,
                 const std::map<std::string, std::string>& metadata) {
  HostArrays arrays;
  for (const auto& entry : state_entries(network)) arrays.add(entry.name, entry.value);
  write_safetensors(path, arrays.views(), metadata);
}

}  // namespace mirrortune
