#pragma once

namespace mirrortune::config {

/// models/weights.yaml, as it was when the program was built.
extern const char* const kWeightsText;

}  // namespace mirrortune::config
