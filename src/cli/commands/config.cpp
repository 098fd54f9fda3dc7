#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/output.h"
#include "cli/starters/starters.h"
#include "cli/theory_config.h"
#include "config/reference.h"
#include "config/weights_store.h"
#include "models/names.h"

namespace mirrortune::cli {
namespace {

struct ConfigArguments {
  std::filesystem::path file;
  std::string preset;
  std::vector<std::string> overrides;

  std::optional<TheoryConfig> theory() const {
    return load_theory({.file = file, .overrides = overrides, .preset = preset});
  }
  ExperimentOptions experiment() const { return load_configuration(file, overrides, {}, preset); }
};

ExitCode check_theory(const Globals& globals, const ConfigArguments& arguments, const TheoryConfig& config) {
  parse_theory(config, globals, {});
  Json document = new_document(globals);
  document.update({{"name", config.name}, {"theory", config.theory}});
  print_result(globals, document, arguments.file.string() + ": ok, theory " + config.theory + "\n");
  return ExitCode::ok;
}

ExitCode check(const Globals& globals, const ConfigArguments& arguments) {
  if (const auto theory = arguments.theory()) return check_theory(globals, arguments, *theory);
  ExperimentOptions options = arguments.experiment();
  resolve_weights(options);
  const std::size_t trials = options.cells.size() * options.seeds.size();
  Json document = new_document(globals);
  document["name"] = options.name;
  document["cells"] = Json::array();
  for (const CellOptions& cell : options.cells) document["cells"].push_back(cell.name);
  document["seeds"] = options.seeds;
  document["trials"] = trials;
  print_result(globals, document,
               arguments.file.string() + ": ok, " + std::to_string(options.cells.size()) + " cells × " +
                   std::to_string(options.seeds.size()) + " seeds = " + std::to_string(trials) + " trials\n");
  return ExitCode::ok;
}

ExitCode print_yaml(const Globals& globals, const std::string& yaml) {
  Json document = new_document(globals);
  document["yaml"] = yaml;
  print_result(globals, document, yaml);
  return ExitCode::ok;
}

ExitCode show(const Globals& globals, const ConfigArguments& arguments) {
  const auto theory = arguments.theory();
  return print_yaml(globals, theory ? theory->resolved_yaml : arguments.experiment().resolved_yaml);
}

void declare(CLI::App& command, Session& session,
             ExitCode (*action)(const Globals&, const ConfigArguments&)) {
  auto arguments = std::make_shared<ConfigArguments>();
  command.add_option("file", arguments->file, "Configuration")->required();
  add_preset(command, arguments->preset);
  add_overrides(command, arguments->overrides);
  on_parsed(command, session, [=](const Globals& globals) { return action(globals, *arguments); });
}

void declare_init(CLI::App& group, Session& session) {
  std::vector<std::string> names;
  for (const Starter& starter : starters()) names.emplace_back(starter.name);
  CLI::App* command = add_command(group, "init", "A configuration to begin with, on stdout",
                                  "mirrortune config init finetune > finetune.yaml\n"
                                  "mirrortune config init recurrent > recurrent.yaml");
  auto name = std::make_shared<std::string>();
  command->add_option("preset", *name, "What is to be done")->required()->check(CLI::IsMember(names));
  on_parsed(*command, session, [=](const Globals& globals) {
    const auto chosen =
        std::ranges::find_if(starters(), [&](const Starter& starter) { return *name == starter.name; });
    return print_yaml(globals, chosen->yaml);
  });
}

ExitCode print_schema(const Globals& globals) {
  const Json schema = config_json_schema({kNetworkNames.begin(), kNetworkNames.end()});
  Json document = new_document(globals);
  document["schema"] = schema;
  print_result(globals, document, to_text(schema));
  return ExitCode::ok;
}

}  // namespace

void declare_config(CLI::App& app, Session& session) {
  CLI::App* group =
      add_command(app, "config", "Begin a configuration, check it, show it in full, or what it may hold",
                  "mirrortune config init finetune > finetune.yaml\n"
                  "mirrortune config check configs/demo.yaml\n"
                  "mirrortune config show configs/demo.yaml -s train.epochs=3");
  group->require_subcommand(1);
  declare_init(*group, session);
  declare(*add_command(*group, "check", "Every error of a configuration, with its place; no data is touched",
                       "mirrortune config check configs/demo.yaml"),
          session, check);
  declare(*add_command(*group, "show", "The configuration with every default written out",
                       "mirrortune config show configs/demo.yaml > resolved.yaml"),
          session, show);
  on_parsed(
      *add_command(*group, "schema", "Every key of an experiment's configuration as JSON Schema, for editors",
                   "mirrortune config schema > mirrortune.schema.json"),
      session, print_schema);
}

}  // namespace mirrortune::cli
