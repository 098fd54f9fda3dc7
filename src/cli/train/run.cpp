#include "experiment/run.h"

#include "base/stop.h"
#include "cli/configuration.h"
#include "cli/train/actions.h"
#include "cli/train/run_analysis.h"
#include "cli/train/run_progress.h"
#include "cli/train/run_results.h"
#include "config/weights_store.h"

namespace mirrortune::cli {

ExitCode run(const Globals& globals, const RunArguments& arguments) {
  if (arguments.dry_run) {
    print_status(globals, arguments);
    return ExitCode::ok;
  }
  ChosenExperiment chosen = chosen_experiment(arguments);
  resolve_weights(chosen.options, chosen_cells(chosen.options, chosen.only));
  if (arguments.max_seconds > 0) stop_after(arguments.max_seconds);
  RunProgress progress(globals, arguments);
  const RunSummary summary = run_experiment(chosen.options,
                                            {.only = chosen.only,
                                             .shard = chosen.shard,
                                             .search_only = arguments.search_only,
                                             .fresh = arguments.fresh,
                                             .allow_inexact = arguments.allow_inexact,
                                             .threads = globals.threads,
                                             .device = globals.device},
                                            progress);
  std::filesystem::path report;
  if (arguments.search_only) {
    progress.on_note("these were the searches: the same command without --search-only runs the trials");
  } else if (chosen.shard) {
    progress.on_note(
        "this was a part of the trials: when all parts are done, mirrortune sweep collect writes the "
        "tables and the report");
  } else {
    progress.line("analysing");
    report = analyze_and_report(globals, chosen.options.analysis, summary.folder, progress);
  }
  print_summary(globals, summary, report, progress.notes());
  return tell_failures(globals, summary);
}

}  // namespace mirrortune::cli
