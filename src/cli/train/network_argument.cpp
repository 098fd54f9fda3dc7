#include "cli/train/network_argument.h"

#include "config/weights_store.h"
#include "models/load.h"

namespace mirrortune::cli {

ModelArguments with_weights_file(ModelArguments arguments) {
  arguments.weights = resolve_weights(arguments.weights);
  return arguments;
}

std::int64_t classes_for(const ModelArguments& arguments, const WeightsFile* file) {
  constexpr std::int64_t kImageNetClasses = 1000;
  if (arguments.classes > 0) return arguments.classes;
  const TensorInfo* head = file ? file->find(network_info(arguments.name).head + ".weight") : nullptr;
  return head && !head->shape.empty() && head->shape[0] > 0 ? head->shape[0] : kImageNetClasses;
}

std::shared_ptr<Network> load_network(const ModelArguments& arguments, std::int64_t classes) {
  auto network = make_network(arguments.name, classes);
  load_weights(*network, {.name = arguments.name, .weights = arguments.weights.string(), .classes = classes},
               /*seed=*/0);
  network->eval();
  return network;
}

}  // namespace mirrortune::cli
