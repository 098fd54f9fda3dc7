#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/options.h"
#include "cli/arguments.h"
#include "config/theory.h"
#include "experiment/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace mirrortune::cli {

/// Adds `-s key=value`.
void add_overrides(CLI::App& command, std::vector<std::string>& overrides);

/// Adds --preset.
void add_preset(CLI::App& command, std::string& preset);
/// Adds what says which experiment: the configuration, --preset, overrides, --out.
void add_experiment(CLI::App& command, RunArguments& arguments);
/// Adds what chooses trials: --only.
void add_only(CLI::App& command, RunArguments& arguments);
/// Adds what chooses a part of it: --only, --shard.
void add_choice(CLI::App& command, RunArguments& arguments);
/// Adds --allow-inexact.
void add_allow_inexact(CLI::App& command, RunArguments& arguments);
/// Adds --estimate.
CLI::Option* add_estimate(CLI::App& command, RunArguments& arguments);

/// The configuration of a `run`, if it is one of `theory`.
std::optional<TheoryConfig> load_theory_configuration(const RunArguments& arguments);

/// Loads a configuration whose networks must be known ones; `run_directory` as in ConfigSource.
ExperimentOptions load_configuration(const std::filesystem::path& file,
                                     const std::vector<std::string>& overrides,
                                     const std::filesystem::path& run_directory = {},
                                     const std::string& preset = {});

/// The configuration of a `run`, with its overrides and its run directory. Names of published weights stay
/// names.
ExperimentOptions load_configuration(const RunArguments& arguments);

/// The run directory of an experiment.
std::filesystem::path run_folder(const ExperimentOptions& options);

/// "2/8"; none if the text is no such pair.
std::optional<Shard> parse_shard(const std::string& text);

/// Splits at commas outside parentheses, and trims: "negative_entropy, f(1,2)" → two.
std::vector<std::string> split_list(const std::string& text);

/// The rules for the head, as a command line writes them.
std::map<std::string, HeadRule> head_rules();

/// "3h50m", "90s", "2d", or seconds → seconds. Throws UsageError.
std::int64_t parse_duration(const std::string& text);

}  // namespace mirrortune::cli
