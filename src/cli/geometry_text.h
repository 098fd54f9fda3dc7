#pragma once

#include <string>

#include "base/json.h"

#include "geometry/identify.h"
#include "geometry/identify_layers.h"

namespace mirrortune::cli {

/// {"n","lambda","lambda_interval","p","p_interval","models":[{"potential","log_likelihood","aic","weight"}],
/// "notes"} and what else is known; numbers that are not are null.
Json to_json(const Identification& result, const Measurement& measurement);
std::string to_text(const Identification& result);

/// The same of a network, with "layers" instead of "models".
Json to_json(const LayersIdentification& result);
std::string to_text(const LayersIdentification& result);

}  // namespace mirrortune::cli
