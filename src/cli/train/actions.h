#pragma once

#include "cli/arguments.h"

namespace mirrortune::cli {

/// What the training program does for each command.
ExitCode run(const Globals& globals, const RunArguments& arguments);
ExitCode sweep_submit(const Globals& globals, const RunArguments& arguments);
ExitCode sweep_status(const Globals& globals, const RunArguments& arguments);
ExitCode sweep_collect(const Globals& globals, const RunArguments& arguments);
ExitCode models_show(const Globals& globals, const ModelArguments& arguments);
ExitCode models_check(const Globals& globals, const ModelArguments& arguments);
ExitCode models_forward(const Globals& globals, const ModelArguments& arguments);
ExitCode evaluate(const Globals& globals, const EvaluateArguments& arguments);
ExitCode data_check(const Globals& globals, const DataArguments& arguments);
ExitCode data_pack(const Globals& globals, const DataArguments& arguments);
ExitCode data_synth(const Globals& globals, const SynthArguments& arguments);
ExitCode replay(const Globals& globals, const ReplayArguments& arguments);
ExitCode theory_linreg(const Globals& globals, const LinregArguments& arguments);
ExitCode env(const Globals& globals);

}  // namespace mirrortune::cli
