#pragma once

#include <span>

namespace mirrortune::cli {

/// A configuration to begin with: the file of its name beside this one, as it was when the program was built.
/// Its paths are relative to wherever it is put.
struct Starter {
  const char* name;
  const char* yaml;
};

/// All of them; the first is what most want.
std::span<const Starter> starters();

}  // namespace mirrortune::cli
