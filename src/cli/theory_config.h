#pragma once

#include "cli/app.h"
#include "config/theory.h"

namespace mirrortune::cli {

/// What the configuration asks for, as its command line would: `perform` of the session does it, with its
/// results in the run directory. Throws ConfigError for a command or an option that there is not, and for a
/// value that cannot be read.
Session parse_theory(const TheoryConfig& config, const Globals& globals, const Actions& actions);

/// `run` of such a configuration. Results that are there already stay, unless --fresh; those of another
/// configuration are an error (79). Throws as parse_theory, ConfigError for values out of range, and
/// UsageError for what only experiments have (--only, --shard …).
ExitCode run_theory(const TheoryConfig& config, const Globals& globals, const RunArguments& arguments,
                    const Actions& actions);

}  // namespace mirrortune::cli
