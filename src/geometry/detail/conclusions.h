#pragma once

#include <string>
#include <vector>

#include "geometry/change_model.h"
#include "geometry/identify.h"

namespace mirrortune::detail {

/// Sentences: what was left out, and what makes the estimate doubtful.
std::vector<std::string> conclusions_to_doubt(const Identification& result, const ChangedPairs& pairs,
                                              const IdentifyOptions& options);

}  // namespace mirrortune::detail
