#include <CLI/CLI.hpp>

#include "cli/app.h"

namespace mirrortune::cli {

void declare_theory(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* group = add_command(app, "theory", "What the theory says where no network is needed",
                                "mirrortune theory dynamics -o dynamics\n"
                                "mirrortune theory linreg --seeds 10 -o linreg\n"
                                "mirrortune theory robustness --seeds 300 -o robustness\n"
                                "mirrortune theory spines volumes.csv -o spines");
  group->require_subcommand(1);
  declare_theory_dynamics(*group, session);
  declare_theory_linreg(*group, session, actions);
  declare_theory_robustness(*group, session);
  declare_theory_spines(*group, session);
}

}  // namespace mirrortune::cli
