#include "models/network.h"

#include <algorithm>

#include "models/detail/drop.h"

namespace mirrortune {

bool drops_in_training(const Network& network) {
  const auto modules = network.modules(/*include_self=*/false);
  return std::any_of(modules.begin(), modules.end(), [](const auto& module) {
    const auto* layer = dynamic_cast<const DropLayer*>(module.get());
    return layer && layer->rate() > 0;
  });
}

void use_channels_last(Network& network) {
  for (auto& parameter : network.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

}  // namespace mirrortune
