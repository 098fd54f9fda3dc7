#include "cli/theory_config.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/output.h"

namespace mirrortune::cli {
namespace {

constexpr const char* kInvalid = "invalid configuration";

std::vector<std::string> names_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    std::string name = option->get_lnames().empty() ? option->get_name() : option->get_lnames().front();
    std::ranges::replace(name, '-', '_');
    if (name != "out" && name != "force" && name != "help") names.push_back(name);
  }
  return names;
}

const CLI::App& command_of(const CLI::App& group, const TheoryConfig& config) {
  std::vector<std::string> names;
  for (const CLI::App* command : group.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == config.theory) return *command;
    names.push_back(command->get_name());
  }
  throw ConfigError(
      {.what = kInvalid,
       .why = "'theory' is '" + printable(config.theory) + "': must be one of " + join(names, ", ")});
}

/// `--generated-with=a,b` of each option; a table stands by itself.
std::vector<std::string> command_line(const CLI::App& command, const TheoryConfig& config) {
  std::vector<std::string> line = {"theory", config.theory};
  const auto known = names_of(command);
  for (const auto& option : config.options) {
    if (std::ranges::find(known, option.key) == known.end()) {
      const auto close = nearest(option.key, known);
      throw ConfigError({.what = kInvalid,
                         .where = option.place,
                         .why = "theory " + config.theory + " has no option '" + printable(option.key) + "'" +
                                (close ? "; did you mean '" + *close + "'?" : "") + " There are " +
                                join(known, ", ")});
    }
    std::string name = option.key;
    std::ranges::replace(name, '_', '-');
    for (const auto& value : option.values) {
      line.push_back(option.key == "table" ? value : "--" + name + "=" + value);
    }
  }
  line.push_back("--out=" + config.run_directory().string());
  line.push_back("--force");
  return line;
}

void refuse_trials(const RunArguments& arguments) {
  const bool asked = !arguments.only.empty() || !arguments.shard.empty() || arguments.search_only ||
                     arguments.allow_inexact || arguments.estimate || arguments.resume ||
                     arguments.max_seconds > 0;
  if (!asked) return;
  throw UsageError(
      {.what = "wrong command line",
       .why = "a configuration of 'theory' has no trials: --only, --shard, --search-only, --resume, "
              "--allow-inexact, --estimate and --max-time are for experiments"});
}

/// Whether its results are there.
bool is_finished(const TheoryConfig& config, const RunArguments& arguments) {
  const auto folder = config.run_directory(), file = folder / "config.yaml";
  if (arguments.fresh || !std::filesystem::exists(file)) return false;
  if (read_text_file(file) != config.resolved_yaml) {
    throw ResumeError({.what = "cannot run",
                       .where = folder.string(),
                       .why = "it holds the results of another configuration",
                       .todo = "Give another name or --out, or replace them with --fresh"});
  }
  return std::filesystem::exists(folder / "index.html");
}

ExitCode tell(const TheoryConfig& config, const Globals& globals, const std::string& state) {
  const auto folder = config.run_directory();
  Json document = new_document(globals);
  document.update(
      {{"theory", config.theory}, {"state", state}, {"report", (folder / "index.html").string()}});
  print_result(globals, document,
               "theory " + config.theory + ": " + state + ", " + (folder / "index.html").string() + "\n");
  return ExitCode::ok;
}

}  // namespace

Session parse_theory(const TheoryConfig& config, const Globals& globals, const Actions& actions) {
  CLI::App app;
  Session session{.globals = globals, .perform = {}};
  declare_theory(app, session, actions);
  auto line = command_line(command_of(*app.get_subcommand("theory"), config), config);
  std::ranges::reverse(line);  // as CLI11 takes them
  try {
    app.parse(line);
  } catch (const CLI::ParseError& error) {
    throw ConfigError({.what = kInvalid,
                       .where = "options of '" + printable(config.name) + "'",
                       .why = printable(error.what())});
  }
  return session;
}

ExitCode run_theory(const TheoryConfig& config, const Globals& globals, const RunArguments& arguments,
                    const Actions& actions) {
  refuse_trials(arguments);
  const Session session = parse_theory(config, globals, actions);
  if (is_finished(config, arguments)) return tell(config, globals, "done already");
  if (arguments.dry_run) return tell(config, globals, "to be done");
  make_folder(config.run_directory());
  write_file(config.run_directory() / "config.yaml", std::string_view(config.resolved_yaml));
  try {
    return session.perform(session.globals);
  } catch (const UsageError& error) {
    throw ConfigError({.what = kInvalid, .where = arguments.config.string(), .why = error.text().why});
  }
}

}  // namespace mirrortune::cli
