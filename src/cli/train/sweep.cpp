#include <algorithm>

#include <fmt/format.h>

#include "cli/configuration.h"
#include "cli/train/actions.h"
#include "cli/train/run_analysis.h"
#include "cli/train/run_progress.h"
#include "cli/train/run_results.h"

namespace mirrortune::cli {

ExitCode sweep_status(const Globals& globals, const RunArguments& arguments) {
  print_status(globals, arguments);
  return ExitCode::ok;
}

ExitCode sweep_collect(const Globals& globals, const RunArguments& arguments) {
  const ExperimentOptions options = load_configuration(arguments);
  RunProgress progress(globals, arguments);
  const RunSummary summary = collect_run(options);
  const auto report = analyze_and_report(globals, options.analysis, summary.folder, progress);
  print_summary(globals, summary, report, progress.notes());
  const auto left = std::count_if(summary.trials.begin(), summary.trials.end(), [](const TrialRow& row) {
    return row.state == TrialState::pending || row.state == TrialState::running;
  });
  if (left == 0) return tell_failures(globals, summary);
  return tell_beside_results(
      globals, StoppedError({.what = "the run is not finished",
                             .where = summary.folder.string(),
                             .why = fmt::format("{} of {} trials are left", left, summary.trials.size()),
                             .safe = "What is there was collected",
                             .todo = "Run the parts that are left, and collect again"}));
}

}  // namespace mirrortune::cli
