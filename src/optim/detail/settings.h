#pragma once

#include <string>

#include "optim/mirror_descent.h"
#include "optim/step_settings.h"

namespace mirrortune::detail {

/// Throws ConfigError: "cannot take a step of mirror descent: <why>."
[[noreturn]] void throw_option_error(std::string why);

/// The options of a group, checked. Throws ConfigError.
StepSettings settings_of(const MirrorDescentOptions& options);

}  // namespace mirrortune::detail
