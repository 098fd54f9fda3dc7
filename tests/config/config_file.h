#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/load.h"
#include "models/names.h"
#include "support/paths.h"

namespace mirrortune::test {

/// The smallest complete configuration, for tests to bend.
inline const std::string kSmallest =
    "schema_version: 1\n"                        // line 1
    "name: demo\n"                               // line 2
    "grid:\n"                                    // line 3
    "  model: [resnet18]\n"                      // line 4
    "  potential: [negative_entropy, 2-norm]\n"  // line 5
    "model: {weights: resnet18.pth}\n"           // line 6
    "data: {root: images}\n";                    // line 7

inline const KnownNetworks kNetworks = {
    .image_classifiers = {kNetworkNames.begin(), kNetworkNames.begin() + kNumImageClassifiers},
    .encoders = {"simsiam_resnet18", "simsiam_resnet50"},
    .row_classifiers = {"elman_rnn_h100", "elman_rnn_h1000"}};

/// A configuration of its own folder.
struct ConfigFile {
  explicit ConfigFile(const std::string& text) : path(folder / "exp.yaml") { write(text); }

  void write(const std::string& text) const {
    std::filesystem::remove(path);  // rewriting in place makes some file systems wait for the disk
    std::ofstream(path, std::ios::binary) << text;
  }

  ExperimentOptions load(const std::vector<std::string>& overrides = {}) const {
    return load_experiment({.file = path, .overrides = overrides, .networks = kNetworks});
  }
  /// The sentence that loading ends with, the folder's path left out; "" if it loads.
  std::string error(const std::vector<std::string>& overrides = {}) const {
    try {
      load(overrides);
      return "";
    } catch (const ConfigError& error) {
      std::string text = error.what();
      const std::string prefix = folder.path().string() + "/";
      for (std::size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
      return text;
    }
  }

  TemporaryFolder folder;
  std::filesystem::path path;
};

inline ExperimentOptions load_text(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return ConfigFile(text).load(overrides);
}

}  // namespace mirrortune::test
