#include "train/detail/autocast.h"

#include <ATen/autocast_mode.h>

namespace mirrortune {

namespace autocast = at::autocast;

Autocast::Autocast(torch::Device device, Precision precision)
    : device_(device.type()),
      was_enabled_(autocast::is_autocast_enabled(device_)),
      old_dtype_(autocast::get_autocast_dtype(device_)) {
  autocast::set_autocast_enabled(device_, precision != Precision::fp32);
  if (precision != Precision::fp32) {
    autocast::set_autocast_dtype(device_, precision == Precision::bf16 ? torch::kBFloat16 : torch::kHalf);
  }
  autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (autocast::decrement_nesting() == 0) autocast::clear_cache();
  autocast::set_autocast_dtype(device_, old_dtype_);
  autocast::set_autocast_enabled(device_, was_enabled_);
}

}  // namespace mirrortune
