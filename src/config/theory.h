#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/load.h"

namespace mirrortune {

/// The configuration of a command `mirrortune theory …`: its options in a file, and the run directory that
/// its results go to.
struct TheoryConfig {
  struct Option {
    std::string key;                  ///< as the file writes it: "generated_with"
    std::vector<std::string> values;  ///< one for each time that the option is given; lists have commas
    std::string place;                ///< file:line:column
  };
  std::string theory;  ///< "robustness"
  std::string name;
  std::vector<Option> options;
  std::filesystem::path folder;  ///< of the file: relative paths start here
  std::filesystem::path output_root;
  std::string resolved_yaml;  ///< loads again to the same, from any folder

  std::filesystem::path run_directory() const { return output_root / name; }
};

/// Nothing if the file is that of an experiment: it has no key `theory`. Which options there are is known to
/// the command alone. Throws as load_experiment.
std::optional<TheoryConfig> load_theory(const ConfigSource& source);

}  // namespace mirrortune
