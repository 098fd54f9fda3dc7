#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/data_options.h"
#include "cli/value_types.h"

namespace mirrortune::cli {

void declare_evaluate(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* command = add_command(
      app, "evaluate", "Top-1, top-5 and loss of a network on a folder of labelled images",
      "mirrortune evaluate resnet18 --weights resnet18.pth --data imagenet/val\n"
      "mirrortune evaluate efficientnet_b0 --weights b0.pth --data imagenet/val --preprocessing torchvision "
      "--predictions b0.csv");
  auto arguments = std::make_shared<EvaluateArguments>();
  command->add_option("name", arguments->model.name, "Network, see `mirrortune models ls`")
      ->required()
      ->type_name(kNetworkValue);
  command
      ->add_option("--weights", arguments->model.weights,
                   "Weights file, or name of published weights (`mirrortune weights ls`)")
      ->required();
  command
      ->add_option("--data", arguments->data.root,
                   "Folder of images, a cache of `data pack`, or a file of IDX images")
      ->required();
  add_label_options(*command, arguments->data);
  add_preprocessing_options(*command, arguments->data);
  command
      ->add_option("--classes", arguments->model.classes,
                   "Outputs of the head (default: those of the file, else 1000)")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--batch-size", arguments->batch_size, "Images at once (default: 64)")
      ->check(CLI::Range(1, 65'536));
  command->add_option("--predictions", arguments->predictions,
                      "CSV to write: path,label,predicted,logit_norm of each image");
  command->add_flag("--force", arguments->model.force, "Replace the predictions if they are there");
  on_parsed(*command, session,
            [=, action = actions.evaluate](const Globals& globals) { return action(globals, *arguments); });
}

}  // namespace mirrortune::cli
