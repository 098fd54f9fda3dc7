#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/output.h"
#include "cli/value_types.h"
#include "models/names.h"

namespace mirrortune::cli {
namespace {

ExitCode list(const Globals& globals) {
  Json names = Json::array();
  std::string text;
  for (const auto name : kNetworkNames) {
    names.push_back(name);
    text += std::string(name) + "\n";
  }
  Json document = new_document(globals);
  document["models"] = std::move(names);
  print_result(globals, document, text);
  return ExitCode::ok;
}

using Action = std::function<ExitCode(const Globals&, const ModelArguments&)>;

std::shared_ptr<ModelArguments> declare(CLI::App& command, Session& session, const Action& action) {
  auto arguments = std::make_shared<ModelArguments>();
  command.add_option("name", arguments->name, "Network, see `mirrortune models ls`")
      ->required()
      ->type_name(kNetworkValue);
  command
      .add_option("--classes", arguments->classes,
                  "Outputs of the head (default: those of the file, else 1000)")
      ->check(CLI::Range(1, 1'000'000));
  on_parsed(command, session, [=](const Globals& globals) { return action(globals, *arguments); });
  return arguments;
}

}  // namespace

void declare_models(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* group = add_command(app, "models", "The networks: layers, check of a weights file, forward pass",
                                "mirrortune models ls\n"
                                "mirrortune models show resnet18\n"
                                "mirrortune models check resnet18 --weights resnet18.pth");
  group->require_subcommand(1);

  on_parsed(*add_command(*group, "ls", "Names of all networks", "mirrortune models ls"), session, list);

  CLI::App* command =
      add_command(*group, "show", "Layers, number of weights D and of images floor(sqrt(D)), multiply-adds",
                  "mirrortune models show efficientnet_b3 --resolution 300");
  auto shown = declare(*command, session, actions.models_show);
  command
      ->add_option(
          "--resolution", shown->resolution,
          "Side of the image, or rows of a recurrent network's input, that multiply-adds are counted "
          "for (default: 224)")
      ->check(CLI::Range(1, 4096));

  command = add_command(*group, "check", "Does a weights file fit a network, and is it read as meant?",
                        "mirrortune models check resnet18 --weights resnet18.pth --json");
  auto checked = declare(*command, session, actions.models_check);
  command
      ->add_option("--weights", checked->weights,
                   "Weights file, or name of published weights (`mirrortune weights ls`)")
      ->required();

  command = add_command(*group, "forward", "Logits of a network in eval mode for given normalised images",
                        "mirrortune models forward resnet18 --weights resnet18.pth --input x.safetensors "
                        "--output y.safetensors");
  auto forward = declare(*command, session, actions.models_forward);
  command
      ->add_option("--weights", forward->weights,
                   "Weights file, or name of published weights (`mirrortune weights ls`)")
      ->required();
  command->add_option("--input", forward->input, "Holds the tensor `input` [N,3,H,W], float32")->required();
  command->add_option("--output", forward->output, "Gets the tensor `logits` [N,classes]")->required();
  command->add_flag("--force", forward->force, "Replace the output if it is there");
}

}  // namespace mirrortune::cli
