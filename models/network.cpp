#include "models/network.h"

namespace mirrortune {

void use_channels_last(Network& network) {
  for (auto& parameter : network.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

}  // namespace mirrortune
