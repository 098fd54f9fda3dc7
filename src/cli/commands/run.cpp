#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/theory_config.h"

namespace mirrortune::cli {

void declare_run(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* command = add_command(
      app, "run",
      "The whole experiment, from the learning-rate search to the report; goes on where it stopped",
      "mirrortune run -c configs/demo.yaml\n"
      "mirrortune run -c configs/demo.yaml --dry-run\n"
      "mirrortune run -c configs/paper/fig3a.yaml --preset small\n"
      "mirrortune run -c my.yaml -s train.epochs=3 -s grid.potential=[2-norm] --out runs/try\n"
      "mirrortune run -c my.yaml --only potential=2-norm --only seed=0 --max-time 3h50m");
  auto arguments = std::make_shared<RunArguments>();
  RunArguments& to = *arguments;
  add_experiment(*command, to);
  add_choice(*command, to);
  auto* dry_run =
      command->add_flag("--dry-run", to.dry_run, "List the trials, their images and disk bytes, and stop");
  add_estimate(*command, to)->needs(dry_run);
  auto* resume =
      command->add_flag("--resume", to.resume, "Go on with a run that is there; an error if there is none");
  command
      ->add_flag("--fresh", to.fresh, "Remove what another configuration left in the folders of these trials")
      ->excludes(resume)
      ->excludes(dry_run)
      ->excludes("--shard");
  command
      ->add_flag("--search-only", to.search_only, "The learning-rate searches alone, no trial and no report")
      ->excludes("--fresh")
      ->excludes(dry_run);
  add_allow_inexact(*command, to);
  // Both say a key of the configuration in a word, after every -s.
  const auto on_failure = [&](const char* flag, const char* word, const char* help) {
    return command->add_flag_callback(
        flag, [&to, word] { to.overrides.push_back(std::string("runtime.on_failure=") + word); }, help);
  };
  auto* fail_fast = on_failure("--fail-fast", "fail_fast", "Begin no other training once a trial has failed");
  on_failure("--keep-going", "keep_going",
             "Run the others when a trial fails (default, unless the configuration says fail_fast)")
      ->excludes(fail_fast);
  command->add_option_function<std::string>(
      "--max-time", [&to](const std::string& text) { to.max_seconds = parse_duration(text); },
      "Stop in time, resumable, as in 3h50m");
  on_parsed(*command, session, [=](const Globals& globals) {
    const auto theory = load_theory_configuration(*arguments);
    return theory ? run_theory(*theory, globals, *arguments, actions) : actions.run(globals, *arguments);
  });
}

}  // namespace mirrortune::cli
