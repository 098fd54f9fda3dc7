#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/options.h"

namespace mirrortune {

/// What a trial or a search was made of, key by key: the same identity gives the same weights on the same
/// machine.
using Identity = std::map<std::string, std::string>;

/// Of a cell's search: its resolved keys, the SHA-256 of the weights file, and the seed that draws what the
/// seeds share.
Identity cell_identity(const CellOptions& cell, std::uint64_t base_seed, const std::string& weights_sha256);
/// Of one trial of the cell.
Identity trial_identity(Identity cell, std::uint64_t seed);

/// SHA-256 of the lines `key=value`, sorted by key.
std::string sha256_of(const Identity& identity);

/// "train.epochs (30 there, 40 now)" for each key that differs from the `identity` that a record holds.
std::vector<std::string> differences(const Identity& now, const Json& record);

/// Throws ResumeError naming the keys that differ.
[[noreturn]] void throw_other_identity(const std::string& folder,
                                       const std::vector<std::string>& differences);

}  // namespace mirrortune
