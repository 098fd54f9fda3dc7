#pragma once

#include <cstdint>
#include <memory>

#include "cli/arguments.h"
#include "models/network.h"
#include "weights/weights_file.h"

namespace mirrortune::cli {

/// The same arguments with the file in the place of a name of published weights. Throws as resolve_weights.
ModelArguments with_weights_file(ModelArguments arguments);

/// Outputs of the head: as --classes says, else as many as the file's head has, else 1000. `file` may be
/// null.
std::int64_t classes_for(const ModelArguments& arguments, const WeightsFile* file);

/// The network with the file's weights, in eval mode. Throws as load_weights.
std::shared_ptr<Network> load_network(const ModelArguments& arguments, std::int64_t classes);

}  // namespace mirrortune::cli
