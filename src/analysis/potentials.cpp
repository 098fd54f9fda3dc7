#include "analysis/potentials.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"

namespace mirrortune {

Potential potential_named(const std::string& text) {
  try {
    return parse_potential(text);
  } catch (const std::invalid_argument& error) {
    throw UsageError({.what = error.what()});
  }
}

std::vector<Potential> potentials_named(const std::vector<std::string>& texts) {
  std::vector<Potential> potentials;
  std::vector<std::string> seen;
  for (const auto& text : texts) {
    const Potential potential = potential_named(text);
    const std::string canonical = to_text(potential);
    if (std::find(seen.begin(), seen.end(), canonical) != seen.end()) continue;
    seen.push_back(canonical);
    potentials.push_back(potential);
  }
  return potentials;
}

}  // namespace mirrortune
