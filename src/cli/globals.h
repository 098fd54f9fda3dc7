#pragma once

#include <string>

namespace mirrortune::cli {

enum class ColorMode { automatic, always, never };

/// Options that every command has, before or after its name.
struct Globals {
  std::string command;  ///< "models show", as documents name it
  bool json = false;    ///< one JSON document on stdout, in place of text
  bool quiet = false;   ///< nothing on stderr but errors
  bool verbose = false;
  bool progress = true;
  ColorMode color = ColorMode::automatic;
  int threads = 0;  ///< 0: all cores
  std::string device = "auto";
};

}  // namespace mirrortune::cli
