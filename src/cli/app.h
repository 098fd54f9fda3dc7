#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/globals.h"

namespace CLI {
class App;
}

namespace mirrortune::cli {

/// What the command line asked for.
struct Session {
  Globals globals;
  std::function<ExitCode(const Globals&)> perform;
};

/// Adds a subcommand `name` to `parent`. `examples` come first in its help. When it is parsed, the session
/// performs `action`.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help,
                      const std::string& examples);
void on_parsed(CLI::App& command, Session& session, std::function<ExitCode(const Globals&)> action);

/// The declarations of the subcommands, each in its own file.
void declare_run(CLI::App& app, Session& session, const Actions& actions);
void declare_sweep(CLI::App& app, Session& session, const Actions& actions);
void declare_analyze(CLI::App& app, Session& session);
void declare_identify(CLI::App& app, Session& session);
void declare_plan(CLI::App& app, Session& session);
void declare_simulate(CLI::App& app, Session& session);
void declare_theory(CLI::App& app, Session& session, const Actions& actions);
void declare_theory_dynamics(CLI::App& theory,
                             Session& session);  ///< in the group `theory`, like the next two
void declare_theory_linreg(CLI::App& theory, Session& session, const Actions& actions);
void declare_theory_robustness(CLI::App& theory, Session& session);
void declare_theory_spines(CLI::App& theory, Session& session);
void declare_report(CLI::App& app, Session& session, const Actions& actions);
void declare_runs(CLI::App& app, Session& session);
void declare_runs_show(CLI::App& runs, Session& session);  ///< in the group `runs`, like the next two
void declare_runs_diff(CLI::App& runs, Session& session);
void declare_runs_rm(CLI::App& runs, Session& session);
void declare_models(CLI::App& app, Session& session, const Actions& actions);
void declare_evaluate(CLI::App& app, Session& session, const Actions& actions);
void declare_weights(CLI::App& app, Session& session);
void declare_weights_pull(CLI::App& weights, Session& session);    ///< in the group `weights`
void declare_weights_verify(CLI::App& weights, Session& session);  ///< `ls` too
void declare_data(CLI::App& app, Session& session, const Actions& actions);
void declare_replay(CLI::App& app, Session& session, const Actions& actions);
void declare_config(CLI::App& app, Session& session);
void declare_env(CLI::App& app, Session& session, const Actions& actions);
void declare_completion(CLI::App& app, Session& session);
void declare_exit_codes(CLI::App& app, Session& session);

/// A whole program: parses, performs, tells every error as one sentence on stderr (and as a JSON document on
/// stdout with
/// --json), and returns the exit code. Nothing is thrown out of it. `translate` turns exceptions of the
/// program's own libraries into ours.
int run_program(int argc, char** argv, const Actions& actions,
                const std::function<void(std::exception_ptr)>& translate = {});

}  // namespace mirrortune::cli
