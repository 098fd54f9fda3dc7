#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"

namespace mirrortune::cli {

void declare_replay(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* command = add_command(
      app, "replay", "Apply given gradients to given weights, to compare with any other optimiser",
      "mirrortune replay --weights w.safetensors --grads g.safetensors --potential 3-norm --lr 0.1 "
      "-o out.safetensors");
  auto arguments = std::make_shared<ReplayArguments>();
  ReplayArguments& to = *arguments;
  command->add_option("--weights", to.weights, "Tensors `name`, float32 or float64")->required();
  command->add_option("--grads", to.grads, "Tensors `name.0`, `name.1` …: the gradients of each step")
      ->required();
  command->add_option("--potential", to.potential, "negative_entropy, 2-norm, 3-norm, 1.5-norm …")
      ->required();
  command->add_option("--lr", to.lr, "Learning rate")->required()->check(CLI::NonNegativeNumber);
  command->add_option("--momentum", to.momentum, "Default: 0")->check(CLI::NonNegativeNumber);
  command->add_option("--weight-decay", to.weight_decay, "Coupled (default: 0)")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--dampening", to.dampening, "Default: 0")->check(CLI::Range(0.0, 1.0));
  command->add_flag("--nesterov", to.nesterov, "Look ahead; needs momentum and no dampening");
  command->add_option("--normalization", to.normalization, "none (default) or rms")
      ->check(CLI::IsMember({"none", "rms"}));
  command->add_option("--steps", to.steps, "Steps (default: all that the gradients have)")
      ->check(CLI::Range(1, 1'000'000'000));
  command->add_option("-o,--output", to.output, "The .safetensors file to write")->required();
  command->add_flag("--force", to.force, "Replace the output if it is there");
  on_parsed(*command, session,
            [=, action = actions.replay](const Globals& globals) { return action(globals, *arguments); });
}

}  // namespace mirrortune::cli
