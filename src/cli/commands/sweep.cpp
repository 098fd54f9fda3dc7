#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/configuration.h"

namespace mirrortune::cli {

void declare_sweep(CLI::App& app, Session& session, const TrainActions& train) {
  CLI::App* group = add_command(app, "sweep", "One experiment by several processes: plan, status, collect",
                                "mirrortune sweep plan -c my.yaml\n"
                                "mirrortune run -c my.yaml --shard 1/2\n"
                                "mirrortune sweep status -c my.yaml\n"
                                "mirrortune sweep collect -c my.yaml");
  group->require_subcommand(1);
  auto arguments = std::make_shared<RunArguments>();
  const auto add = [&](const char* name, const char* help, const char* examples,
                       const std::function<ExitCode(const Globals&, const RunArguments&)>& action) {
    CLI::App* command = add_command(*group, name, help, examples);
    add_experiment(*command, *arguments);
    on_parsed(*command, session, [=](const Globals& globals) { return action(globals, *arguments); });
    return command;
  };
  CLI::App* plan = add("plan", "Every trial before anything runs: its size, images, disk bytes and part",
                       "mirrortune sweep plan -c my.yaml\n"
                       "mirrortune sweep plan -c my.yaml --shard 2/8",
                       train.sweep_status);
  CLI::App* status =
      add("status", "Every trial: its state, epochs, time spent and left, as the run directory says",
          "mirrortune sweep status -c my.yaml", train.sweep_status);
  for (CLI::App* command : {plan, status}) add_choice(*command, *arguments);
  add_estimate(*plan, *arguments);
  add("collect", "Gathers what the parts have done into index.csv, the analysis and the report",
      "mirrortune run -c my.yaml --shard 1/2 &\n"
      "mirrortune run -c my.yaml --shard 2/2 && wait\n"
      "mirrortune sweep collect -c my.yaml",
      train.sweep_collect);
}

}  // namespace mirrortune::cli
