#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "experiment/run.h"

namespace mirrortune::cli {

/// What a command line chooses of an experiment.
struct ChosenExperiment {
  ExperimentOptions options;
  TrialFilter only;
  std::optional<Shard> shard;
};

/// The configuration; names of published weights stay names.
ChosenExperiment chosen_experiment(const RunArguments& arguments);

/// Every chosen trial with its size, state, cost so far and estimated time left; where the run directory
/// cannot tell and `estimate` is asked for, by a measurement. Says which weights are not on this machine.
void print_status(const Globals& globals, const RunArguments& arguments);

/// What came of the trials: a document, or a table and the path of the report (empty: there is none yet).
void print_summary(const Globals& globals, const RunSummary& summary, const std::filesystem::path& report,
                   const std::vector<std::string>& notes);

/// An error that is told on stderr alone, since stdout has the results already. Returns its code.
ExitCode tell_beside_results(const Globals& globals, const Error& error);
/// Tells so that trials failed or all diverged, if they did. Returns the summary's exit code.
ExitCode tell_failures(const Globals& globals, const RunSummary& summary);

}  // namespace mirrortune::cli
