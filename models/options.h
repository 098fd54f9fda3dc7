#pragma once

#include <cstdint>
#include <string>

namespace mirrortune {

/// What a configuration's `grid.model` and `model:` say.
struct ModelOptions {
  std::string name;  ///< torchvision's name, see models/registry.h
  /// Path of a weights file, or "none": random start from the stream "init". As a configuration is loaded it
  /// may also be a name of published weights, which resolve_weights (config/weights_store.h) replaces.
  std::string weights;
  std::int64_t classes = 1000;  ///< outputs of the head
  bool reinit_head = false;  ///< a head of another size in the file is drawn anew instead of being an error
  bool allow_nonfinite = false;  ///< NaN or infinite weights in the file are an error unless true
};

}  // namespace mirrortune
