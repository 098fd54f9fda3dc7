#include <CLI/CLI.hpp>

#include "cli/app.h"

namespace mirrortune::cli {

void declare_env(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* command =
      add_command(app, "env", "Versions, processors and devices, for bug reports", "mirrortune env --json");
  on_parsed(*command, session, actions.env);
}

}  // namespace mirrortune::cli
