#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "experiment/options.h"

namespace mirrortune {

/// Names of networks by what they are trained on: keys may be for some of these only.
struct KnownNetworks {
  std::vector<std::string> image_classifiers = {};  ///< labelled images
  std::vector<std::string> encoders = {};           ///< two views of each image, without labels
  std::vector<std::string> row_classifiers = {};    ///< labelled digits, row by row

  /// In this order.
  std::vector<std::string> all() const;
};

/// What a configuration is read from.
struct ConfigSource {
  std::filesystem::path file;
  /// `key=value` in the order of the command line; the value is YAML. Each replaces what the file says for
  /// its key.
  std::span<const std::string> overrides = {};
  /// Which of the file's `presets` is applied before them; empty: none.
  std::string preset = {};
  /// Names that `grid.model` may hold; none: any, taken for classifiers of images.
  KnownNetworks networks = {};
  /// The run directory, in place of what the file's `output.root` and `name` say; empty: as the file says.
  std::filesystem::path run_directory = {};
};

/// Reads, checks and resolves a configuration; touches no data. Names of published weights stay names:
/// resolve_weights (config/weights_store.h) turns them into files. Throws ConfigError listing every error of
/// the file and of the overrides at once, each with its place (file:line:column, or `-s key=value`), what is
/// allowed and the nearest key; MissingError, PermissionError or DataError if the file itself cannot be read.
ExperimentOptions load_experiment(const ConfigSource& source);

/// Every key of a configuration file, dotted, with its value as one line of text ("train.epochs", "30"; lists
/// as "[a, b]"), in the order of the file. Neither keys nor values are checked, so that the file of another
/// version can be read. Throws ConfigError for what is no YAML as configurations are written, and as
/// load_experiment if the file cannot be read.
std::vector<std::pair<std::string, std::string>> read_config_keys(const std::filesystem::path& file);

}  // namespace mirrortune
