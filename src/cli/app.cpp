#include "cli/app.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <new>
#include <system_error>

#include <CLI/CLI.hpp>

#include "base/stop.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/subcommands.h"

namespace mirrortune::cli {
namespace {

constexpr const char* kDescription =
    "Finetunes pretrained networks with mirror descent under a chosen potential, and tells from the weights "
    "before and\n"
    "after which geometry the changes follow.";

constexpr const char* kExamples =
    "Examples:\n"
    "  mirrortune run -c configs/demo.yaml                    the whole experiment, with its report\n"
    "  mirrortune run -c configs/demo.yaml --dry-run          what it would do\n"
    "  mirrortune analyze runs/demo                           geometry of the weight changes of a run\n"
    "  mirrortune analyze --pair before.pth after.pth         of any two checkpoints\n"
    "  mirrortune identify --pair before.pth after.pth        which geometry made these changes\n"
    "  mirrortune weights inspect resnet18.pth --values       what a weights file holds\n";

/// Help that begins with what one wants to copy.
class ExamplesFirst : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    return app->get_footer() + "\n" + make_description(app) + make_usage(app, std::move(name)) +
           make_positionals(app) + make_groups(app, mode) + make_subcommands(app, mode);
  }
};

void add_globals(CLI::App& app, Globals& globals) {
  app.add_flag("--json", globals.json, "One JSON document on stdout instead of text");
  auto* quiet = app.add_flag("-q,--quiet", globals.quiet, "Nothing on stderr but errors");
  app.add_flag("-v,--verbose", globals.verbose, "More on stderr: every epoch")->excludes(quiet);
  app.add_option_function<std::string>(
         "--color",
         [&globals](const std::string& mode) {
           globals.color = mode == "always"  ? ColorMode::always
                           : mode == "never" ? ColorMode::never
                                             : ColorMode::automatic;
         },
         "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag_callback(
      "--no-progress", [&globals] { globals.progress = false; }, "No progress bar or lines");
  app.add_option("--threads", globals.threads, "CPU threads (default: all cores)")
      ->check(CLI::Range(1, 4096));
  const auto is_device = [](const std::string& text) -> std::string {
    const bool numbered =
        text.starts_with("cuda:") && text.size() <= 8 && parse_integer(text.substr(5)).value_or(-1) >= 0;
    return text == "auto" || text == "cpu" || text == "cuda" || numbered
               ? ""
               : "must be auto, cpu, cuda or cuda:N";
  };
  app.add_option("--device", globals.device, "auto, cpu, cuda or cuda:N")->check(is_device);
}

Error out_of_memory() {
  return Error(ExitCode::memory, {.what = "out of memory",
                                  .safe = "Finished trials are kept",
                                  .todo = "Free memory, or choose a smaller batch or file"});
}

/// What an exception that is none of ours means.
Error translate_unknown(const std::exception& error) {
  if (const auto* system = dynamic_cast<const std::system_error*>(&error)) {
    const bool no_threads = system->code() == std::errc::resource_unavailable_try_again;
    if (no_threads || system->code() == std::errc::not_enough_memory) return out_of_memory();
  }
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    try {
      throw_read_error("cannot use", file->path1().string(), file->code().value());
    } catch (const Error& translated) {
      return translated;
    }
  }
  return Error(ExitCode::internal, {.what = "internal error",
                                    .why = error.what(),
                                    .todo = "This is a bug of mirrortune: please report it"});
}

int tell(const Globals& globals, const Error& error) {
  print_error(globals, error.code(), error.text(), error.what());
  return static_cast<int>(error.code());
}

/// What is wrong, with the nearest subcommand where one is misspelt.
std::string parse_problem(const CLI::App& app, const CLI::App& command, const CLI::ParseError& error) {
  std::vector<std::string> names;
  for (const CLI::App* sub : listed_subcommands(command)) names.push_back(sub->get_name());
  const auto rest = app.remaining();  // what a subcommand does not know falls through to the program
  if (!names.empty() && !rest.empty() && rest.front().front() != '-') {
    const auto close = nearest(rest.front(), names);
    return "there is no command '" + printable(rest.front()) + "'" +
           (close ? "; did you mean '" + *close + "'?" : "; there are " + join(names, ", "));
  }
  std::string why = printable(error.what());
  while (!why.empty() && why.back() == '.') why.pop_back();
  return why;
}

/// Parses; help and version are printed at once. Returns false if there is nothing more to do.
bool parse(CLI::App& app, int argc, char** argv, Session& session) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return false;
  } catch (const CLI::ParseError& error) {
    const CLI::App* command = &app;
    std::string name = "mirrortune";
    while (!command->get_subcommands().empty()) {
      command = command->get_subcommands().front();
      name += " " + command->get_name();
    }
    // What stood on the command line is not yet in the session when it cannot be parsed.
    session.globals.json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
    session.globals.command = name.substr(std::min<std::size_t>(name.size(), 11));
    throw UsageError({.what = "wrong command line",
                      .why = parse_problem(app, *command, error),
                      .todo = "See " + name + " --help"});
  }
}

}  // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help,
                      const std::string& examples) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->fallthrough();  // global options may follow the subcommand
  std::string text = "Examples:\n";
  for (const auto& line : split(examples, '\n')) text += "  " + line + "\n";
  command->footer(text);
  return command;
}

void on_parsed(CLI::App& command, Session& session, std::function<ExitCode(const Globals&)> action) {
  command.final_callback([&session, &command, action = std::move(action)] {
    std::string name = command.get_name();
    for (const CLI::App* parent = command.get_parent(); parent && parent->get_parent();
         parent = parent->get_parent()) {
      name = parent->get_name() + " " + name;
    }
    session.globals.command = name;
    session.perform = action;
  });
}

int run_program(int argc, char** argv, const Actions& actions,
                const std::function<void(std::exception_ptr)>& translate) {
  install_signal_handlers();
  Session session;
  try {
    try {
      CLI::App app(kDescription, "mirrortune");
      app.formatter(std::make_shared<ExamplesFirst>());
      app.footer(kExamples);
      app.set_version_flag("--version", "mirrortune " MIRRORTUNE_VERSION);
      app.require_subcommand(1);
      add_globals(app, session.globals);
      declare_run(app, session, actions);
      declare_sweep(app, session, actions);
      declare_analyze(app, session);
      declare_identify(app, session);
      declare_plan(app, session);
      declare_simulate(app, session);
      declare_theory(app, session, actions);
      declare_report(app, session, actions);
      declare_runs(app, session);
      declare_models(app, session, actions);
      declare_evaluate(app, session, actions);
      declare_weights(app, session);
      declare_data(app, session, actions);
      declare_replay(app, session, actions);
      declare_config(app, session);
      declare_env(app, session, actions);
      declare_completion(app, session);
      declare_exit_codes(app, session);
      if (!parse(app, argc, argv, session)) return 0;
      return static_cast<int>(session.perform(session.globals));
    } catch (...) {
      if (translate) translate(std::current_exception());
      throw;
    }
  } catch (const Error& error) {
    return tell(session.globals, error);
  } catch (const std::bad_alloc&) {
    return tell(session.globals, out_of_memory());
  } catch (const std::exception& error) {
    return tell(session.globals, translate_unknown(error));
  }
}

}  // namespace mirrortune::cli
