#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace mirrortune {

/// A key that a configuration may hold.
struct ConfigKey {
  std::string name;  ///< dotted: "train.epochs"
  std::string help;
};

/// Every key of an experiment's configuration, in the order of a resolved one.
std::vector<ConfigKey> config_keys();

/// What an experiment's configuration may hold as JSON Schema (draft 2020-12), for editors: types, ranges,
/// words, the meaning and the default of every key; `networks` are the names that grid.model may hold, none:
/// any. It is no stricter than load_experiment, which also knows what keys mean together.
Json config_json_schema(const std::vector<std::string>& networks);

}  // namespace mirrortune
