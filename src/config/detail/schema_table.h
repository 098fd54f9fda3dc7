#pragma once

#include <vector>

#include "config/detail/schema.h"

namespace mirrortune::config {

/// Every key of the configuration with all that is known of it: a new key is a row here.
std::vector<Key> schema_table();

}  // namespace mirrortune::config
