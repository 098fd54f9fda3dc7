#pragma once

#include <string>
#include <vector>

#include "potential/potential.h"

namespace mirrortune {

/// The potential that a text of a command line or a table names. Throws UsageError for a text that names
/// none.
Potential potential_named(const std::string& text);

/// The same of several, each once, in this order.
std::vector<Potential> potentials_named(const std::vector<std::string>& texts);

}  // namespace mirrortune
