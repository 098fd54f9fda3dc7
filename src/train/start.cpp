#include "train/start.h"

#include "base/sha256.h"
#include "models/load.h"
#include "models/registry.h"

namespace mirrortune {
namespace {

void copy_state(const Network& from, Network& to) {
  const torch::NoGradGuard no_gradients;
  const auto source = state_entries(from);
  const auto target = state_entries(to);
  for (std::size_t i = 0; i < source.size(); ++i) target[i].value.copy_(source[i].value);
}

}  // namespace

StartingPoint::StartingPoint(ModelOptions options)
    : options_(std::move(options)),
      network_(make_network(options_.name, options_.classes)),
      weights_sha256_("none") {
  if (options_.weights != "none") weights_sha256_ = sha256_of_file(options_.weights);
  load_weights(*network_, options_, /*seed=*/0);
}

std::shared_ptr<Network> StartingPoint::make(std::uint64_t seed, torch::Device device,
                                             MemoryLayout layout) const {
  auto network = make_network(options_.name, options_.classes);
  if (depends_on_seed()) {
    load_weights(*network, options_, seed);
  } else {
    copy_state(*network_, *network);
  }
  network->to(device);
  if (layout == MemoryLayout::channels_last) use_channels_last(*network);
  network->train();
  return network;
}

}  // namespace mirrortune
