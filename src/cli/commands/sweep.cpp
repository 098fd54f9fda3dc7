#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/configuration.h"

namespace mirrortune::cli {
namespace {

void add_submit(CLI::App& command, RunArguments& to) {
  add_only(command, to);
  command.add_option("--slurm", to.slurm, "What to ask of the cluster, see configs/slurm.yaml")->required();
  command.add_flag("--print", to.print, "Print the scripts; write and submit nothing");
  command.add_flag("--force", to.force, "Submit even if jobs of an earlier submission are queued or running");
  add_allow_inexact(command, to);
}

}  // namespace

void declare_sweep(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* group = add_command(
      app, "sweep", "One experiment by several processes or by Slurm: plan, submit, status, collect",
      "mirrortune sweep plan -c my.yaml\n"
      "mirrortune sweep submit -c my.yaml --slurm slurm.yaml\n"
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
                       actions.sweep_status);
  CLI::App* status =
      add("status", "Every trial: its state, epochs, time spent and left, as the run directory says",
          "mirrortune sweep status -c my.yaml", actions.sweep_status);
  CLI::App* submit = add("submit", "Job arrays on a Slurm cluster: searches, then the trials, then collect",
                         "mirrortune sweep submit -c my.yaml --slurm slurm.yaml --print\n"
                         "mirrortune sweep submit -c my.yaml --slurm slurm.yaml\n"
                         "mirrortune sweep submit -c my.yaml --slurm slurm.yaml --only model=resnet18",
                         actions.sweep_submit);
  add_submit(*submit, *arguments);
  for (CLI::App* command : {plan, status}) add_choice(*command, *arguments);
  add_estimate(*plan, *arguments);
  add("collect", "Gathers what the parts have done into index.csv, the analysis and the report",
      "mirrortune run -c my.yaml --shard 1/2 &\n"
      "mirrortune run -c my.yaml --shard 2/2 && wait\n"
      "mirrortune sweep collect -c my.yaml",
      actions.sweep_collect);
}

}  // namespace mirrortune::cli
