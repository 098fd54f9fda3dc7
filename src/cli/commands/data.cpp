#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/data_options.h"
#include "cli/value_types.h"

namespace mirrortune::cli {
namespace {

void add_folder(CLI::App& command, DataArguments& arguments) {
  command.add_option("dir", arguments.data.root, "Folder of images, or a file of IDX images")->required();
  add_label_options(command, arguments.data);
  command
      .add_option("--classes", arguments.classes,
                  "Outputs of the network that is meant (default: the folder's)")
      ->check(CLI::Range(1, 1'000'000));
}

}  // namespace

void declare_data(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* group = add_command(app, "data", "Check, make and pack folders of images",
                                "mirrortune data check imagenet/val\n"
                                "mirrortune data synth --out shapes --count 1600 --seed 1\n"
                                "mirrortune data check mnist/t10k-images-idx3-ubyte.gz\n"
                                "mirrortune data pack imagenet/val --out imagenet-224");
  group->require_subcommand(1);

  CLI::App* command = add_command(*group, "check", "Layout, labels, and every image that cannot be read",
                                  "mirrortune data check imagenet/val --classes 1000 --json\n"
                                  "mirrortune data check imagenet/val --network resnet18");
  auto checked = std::make_shared<DataArguments>();
  add_folder(*command, *checked);
  auto* network = command
                      ->add_option("--network", checked->network.name,
                                   "Also try this pretrained network on 200 of the images: are the labels "
                                   "in the order of its classes?")
                      ->type_name(kNetworkValue);
  command
      ->add_option("--weights", checked->network.weights,
                   "Its weights file, or a name of `mirrortune weights ls` (default: the network's own)")
      ->needs(network);
  add_preprocessing_options(*command, checked->data);
  on_parsed(*command, session,
            [=, action = actions.data_check](const Globals& globals) { return action(globals, *checked); });

  command = add_command(*group, "synth", "Made-up labelled images: 16 classes of shapes and textures, 64×64",
                        "mirrortune data synth --out shapes --count 1600 --seed 1\n"
                        "mirrortune data synth --digits --out digits --count 6000");
  auto made = std::make_shared<SynthArguments>();
  command->add_option("--out", made->out, "Folder to make")->required();
  command->add_option("--count", made->count, "Images (default: 1600)")->check(CLI::Range(1, 100'000'000));
  command->add_option("--seed", made->seed, "Other seeds draw other images (default: 0)");
  command->add_flag(
      "--digits", made->digits,
      "Digits in the four files of MNIST, 28×28, instead: --count for training and a sixth of it "
      "for testing");
  on_parsed(*command, session,
            [=, action = actions.data_synth](const Globals& globals) { return action(globals, *made); });

  command = add_command(
      *group, "pack", "Decode all images once into a cache that runs can use as data.root",
      "mirrortune data pack imagenet/val --out imagenet-224 --preprocessing ffcv --resolution 224");
  auto packed = std::make_shared<DataArguments>();
  add_folder(*command, *packed);
  command->add_option("--out", packed->cache, "Folder to make")->required();
  add_preprocessing_options(*command, packed->data);
  on_parsed(*command, session,
            [=, action = actions.data_pack](const Globals& globals) { return action(globals, *packed); });
}

}  // namespace mirrortune::cli
