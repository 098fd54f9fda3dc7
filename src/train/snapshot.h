#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "models/network.h"

namespace mirrortune {

/// Writes the weights of all Conv2d and Linear layers as safetensors, whole or not at all.
void write_snapshot(const std::filesystem::path& path, const Network& network,
                    const std::map<std::string, std::string>& metadata);

/// Writes the whole state dict, under the names by which load_weights reads it.
void write_state(const std::filesystem::path& path, const Network& network,
                 const std::map<std::string, std::string>& metadata);

}  // namespace mirrortune
