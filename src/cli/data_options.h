#pragma once

#include "dataset/options.h"

namespace CLI {
class App;
}

namespace mirrortune::cli {

/// --labels, --class-order.
void add_label_options(CLI::App& command, DataOptions& data);
/// --resolution, --preprocessing, --crop-ratio.
void add_preprocessing_options(CLI::App& command, DataOptions& data);

}  // namespace mirrortune::cli
