#pragma once

#include <string>
#include <vector>

#include "models/network.h"
#include "optim/mirror_descent.h"
#include "train/training.h"

namespace mirrortune::detail {

/// A network's parameters in the groups of one training, and their names in the order of the groups.
struct ParameterGroups {
  std::vector<torch::optim::OptimizerParamGroup> groups;
  std::vector<std::string> names;
};

/// The first pattern that fits a parameter's name, or the kind of its layer, gives its potential; the others
/// have the training's own. Throws ConfigError for a pattern that fits nothing.
ParameterGroups parameter_groups(const Network& network, const TrainingOptions& options);

}  // namespace mirrortune::detail
