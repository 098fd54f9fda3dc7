#include "cli/configuration.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/value_types.h"
#include "config/load.h"
#include "models/names.h"

namespace mirrortune::cli {
namespace {

KnownNetworks known_networks() {
  const auto encoders = kNetworkNames.begin() + kNumImageClassifiers;
  const auto rows = encoders + kNumEncoders;
  return {.image_classifiers = {kNetworkNames.begin(), encoders},
          .encoders = {encoders, rows},
          .row_classifiers = {rows, kNetworkNames.end()}};
}

}  // namespace

void add_overrides(CLI::App& command, std::vector<std::string>& overrides) {
  const auto is_pair = [](const std::string& text) -> std::string {
    const std::size_t equals = text.find('=');
    return equals == std::string::npos || equals == 0 ? "must be key=value, as in train.epochs=3" : "";
  };
  command
      .add_option("-s,--set", overrides, "key=value (YAML) in place of what the file says; may be repeated")
      ->allow_extra_args(false)
      ->check(is_pair)
      ->type_name(kOverrideValue);
}

void add_preset(CLI::App& command, std::string& preset) {
  command.add_option("--preset", preset, "One of the configuration's presets, before any --set");
}

std::optional<TheoryConfig> load_theory_configuration(const RunArguments& arguments) {
  return load_theory({.file = arguments.config,
                      .overrides = arguments.overrides,
                      .preset = arguments.preset,
                      .networks = {},
                      .run_directory = arguments.out});
}

void add_experiment(CLI::App& command, RunArguments& arguments) {
  command.add_option("-c,--config", arguments.config, "Configuration")->required();
  add_preset(command, arguments.preset);
  add_overrides(command, arguments.overrides);
  command.add_option("--out", arguments.out, "The run directory, in place of output.root/name");
}

void add_only(CLI::App& command, RunArguments& arguments) {
  command
      .add_option(
          "--only", arguments.only,
          "key=value: only these trials, by model, potential, seed, cell or a key of the configuration")
      ->allow_extra_args(false);
}

void add_choice(CLI::App& command, RunArguments& arguments) {
  add_only(command, arguments);
  command
      .add_option("--shard", arguments.shard,
                  "i/n: only the i-th of n parts of the trials, beside other processes that run the others")
      ->check([](const std::string& text) -> std::string {
        return parse_shard(text) ? "" : "must be i/n with 1 ≤ i ≤ n, as in 2/8";
      });
}

void add_allow_inexact(CLI::App& command, RunArguments& arguments) {
  command.add_flag(
      "--allow-inexact", arguments.allow_inexact,
      "Go on with other threads, versions or another processor than before; the bits then differ");
}

CLI::Option* add_estimate(CLI::App& command, RunArguments& arguments) {
  return command.add_flag("--estimate", arguments.estimate,
                          "Time a training step of each network to tell how long an untried run will take");
}

std::optional<Shard> parse_shard(const std::string& text) {
  const auto parts = split(text, '/');
  if (parts.size() != 2) return std::nullopt;
  const auto index = parse_integer(parts[0]);
  const auto count = parse_integer(parts[1]);
  if (!index || !count || *index < 1 || *index > *count) return std::nullopt;
  return Shard{.index = *index, .count = *count};
}

ExperimentOptions load_configuration(const std::filesystem::path& file,
                                     const std::vector<std::string>& overrides,
                                     const std::filesystem::path& run_directory, const std::string& preset) {
  return load_experiment({.file = file,
                          .overrides = overrides,
                          .preset = preset,
                          .networks = known_networks(),
                          .run_directory = run_directory});
}

ExperimentOptions load_configuration(const RunArguments& arguments) {
  return load_configuration(arguments.config, arguments.overrides, arguments.out, arguments.preset);
}

std::filesystem::path run_folder(const ExperimentOptions& options) {
  return options.output_root / options.name;
}

std::map<std::string, HeadRule> head_rules() {
  return {{"exclude", HeadRule::exclude},
          {"include", HeadRule::include},
          {"as_published", HeadRule::as_published}};
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> pieces(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth <= 0) {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  for (auto& piece : pieces) piece = std::string(trim(piece));
  return pieces;
}

std::int64_t parse_duration(const std::string& text) {
  constexpr std::int64_t kMost = 1'000'000'000;
  std::int64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto number = parse_integer(rest.substr(0, digits));
    const char unit = digits < rest.size() ? rest[digits] : 's';
    const std::int64_t seconds = unit == 'd'   ? 86'400
                                 : unit == 'h' ? 3'600
                                 : unit == 'm' ? 60
                                 : unit == 's' ? 1
                                               : 0;
    if (!number || *number > kMost || seconds == 0) total = kMost * kMost;
    if (total > kMost) break;
    total += *number * seconds;
    rest.remove_prefix(std::min(digits + 1, rest.size()));
  }
  if (total <= 0 || total > kMost) {
    throw UsageError({.what = "wrong command line",
                      .why = "'" + printable(text) + "' is no duration; write it like 3h50m, 45m or 90s"});
  }
  return total;
}

}  // namespace mirrortune::cli
