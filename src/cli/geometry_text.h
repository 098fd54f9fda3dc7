#pragma once

#include <string>

#include "base/json.h"

#include "geometry/control.h"
#include "geometry/identify.h"
#include "geometry/identify_layers.h"

namespace mirrortune::cli {

/// {"n","lambda","lambda_interval","p","p_interval","models":[{"potential","log_likelihood","aic","weight"}],
/// "notes"} and what else is known; numbers that are not are null.
Json to_json(const Identification& result, const Measurement& measurement);
std::string to_text(const Identification& result);

/// What two sessions without learning say.
Json to_json(const Control& control);
/// As a note, without an end of line.
std::string to_text(const Control& control);

/// Two labels of sessions, as an option gives them: "day0,day1". Throws UsageError.
SessionPair parse_sessions(const std::string& option, const std::string& text);

/// The same of a network, with "layers" instead of "models".
Json to_json(const LayersIdentification& result);
std::string to_text(const LayersIdentification& result);

}  // namespace mirrortune::cli
