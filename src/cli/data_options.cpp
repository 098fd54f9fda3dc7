#include "cli/data_options.h"

#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/one_of.h"

namespace mirrortune::cli {

void add_label_options(CLI::App& command, DataOptions& data) {
  command.add_option("--labels", data.labels,
                     "Label file (default: found by its name in the folder, or beside a file of IDX images)");
  command.add_option("--class-order", data.class_order, "File with one class per line");
}

void add_preprocessing_options(CLI::App& command, DataOptions& data) {
  command.add_option("--resolution", data.resolution, "Side of the images (default: 224)")
      ->check(CLI::Range(1, 4096));
  command.add_option("--preprocessing", data.preprocessing, "ffcv (default) or torchvision")
      ->transform(one_of<Preprocessing>(
          {{"ffcv", Preprocessing::ffcv}, {"torchvision", Preprocessing::torchvision}}));
  command
      .add_option("--crop-ratio", data.crop_ratio, "Part of the shorter side that is kept (default: 0.875)")
      ->check(CLI::Range(1e-3, 1.0));
}

}  // namespace mirrortune::cli
