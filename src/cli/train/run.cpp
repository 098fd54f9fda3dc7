#include "experiment/run.h"

#include <fmt/format.h>

#include "analysis/analyze.h"
#include "base/file.h"
#include "base/stop.h"
#include "cli/configuration.h"
#include "cli/output.h"
#include "cli/train/actions.h"
#include "cli/train/run_progress.h"
#include "config/weights_store.h"
#include "experiment/plan.h"
#include "report/report.h"

namespace mirrortune::cli {
namespace {

TrialFilter parse_only(const std::vector<std::string>& texts) {
  TrialFilter only;
  for (const auto& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError({.what = "wrong command line", .where = "--only " + text, .why = "must be key=value"});
    }
    only.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return only;
}

Json optional_json(const std::optional<double>& value) {
  return value ? number_or_null(*value) : Json(nullptr);
}

/// The columns of index.csv.
Json trial_json(const TrialRow& row) {
  return {{"cell", row.cell},
          {"model", row.model},
          {"potential", row.potential},
          {"seed", row.seed},
          {"lr", optional_json(row.lr)},
          {"state", to_text(row.state)},
          {"train_loss", optional_json(row.train_loss)},
          {"train_accuracy", optional_json(row.train_accuracy)},
          {"holdout_accuracy", optional_json(row.holdout_accuracy)},
          {"epochs", row.epochs},
          {"seconds", number_or_null(row.seconds)}};
}

/// The configuration, with files in the place of names of published weights in the cells that are run.
ExperimentOptions options_of(const RunArguments& arguments, const TrialFilter& only) {
  ExperimentOptions options = load_configuration(arguments);
  resolve_weights(options, chosen_cells(options, only));
  return options;
}

std::string number_text(const std::optional<double>& value) { return value ? short_number(*value) : "–"; }

void print_summary(const Globals& globals, const RunSummary& summary, const std::filesystem::path& report,
                   const std::vector<std::string>& notes) {
  Json document = new_document(globals);
  document["trials"] = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"cell", "seed", "lr", "state", "train loss", "train accuracy", "holdout accuracy", "epochs"}};
  for (const TrialRow& row : summary.trials) {
    document["trials"].push_back(trial_json(row));
    rows.push_back({row.cell, std::to_string(row.seed), number_text(row.lr), to_text(row.state),
                    number_text(row.train_loss), number_text(row.train_accuracy),
                    number_text(row.holdout_accuracy), std::to_string(row.epochs)});
  }
  document["report"] = report.string();
  document["notes"] = notes;
  for (const TrialRow& row : summary.trials) {
    if (row.state != TrialState::diverged) continue;
    document["notes"].push_back(
        fmt::format("{} seed {} diverged: what it has no value for is null", row.cell, row.seed));
  }
  print_result(globals, document, format_table(rows) + "report: " + report.string() + "\n");
}

ExitCode dry_run(const Globals& globals, const ExperimentOptions& options, const TrialFilter& only) {
  const auto trials = plan_trials(options, only);
  Json document = new_document(globals);
  document["trials"] = Json::array();
  std::vector<std::vector<std::string>> rows = {{"cell", "seed", "state", "D", "N", "disk"}};
  std::int64_t total = 0;
  for (const PlannedTrial& trial : trials) {
    Json entry = trial_json({.cell = trial.cell_name,
                             .model = trial.model,
                             .potential = trial.potential,
                             .seed = trial.seed,
                             .lr = {},
                             .state = trial.state,
                             .train_loss = {},
                             .train_accuracy = {},
                             .holdout_accuracy = {},
                             .epochs = options.cells[trial.cell].train.epochs});
    entry["D"] = trial.num_weights;
    entry["N"] = trial.num_images;
    entry["disk_bytes"] = trial.disk_bytes;
    document["trials"].push_back(std::move(entry));
    rows.push_back({trial.cell_name, std::to_string(trial.seed), to_text(trial.state),
                    std::to_string(trial.num_weights), std::to_string(trial.num_images),
                    bytes_text(static_cast<double>(trial.disk_bytes))});
    total += trial.disk_bytes;
  }
  document["report"] = (run_folder(options) / "report" / "index.html").string();
  print_result(globals, document,
               format_table(rows) + std::to_string(trials.size()) + " trials, " +
                   bytes_text(static_cast<double>(total)) + " on disk in " + run_folder(options).string() +
                   "\n");
  return ExitCode::ok;
}

/// What is told beside the results when trials are missing among them.
void tell_failures(const Globals& globals, const RunSummary& summary) {
  const bool all = summary.exit_code == ExitCode::all_diverged;
  const Error error(summary.exit_code,
                    {.what = all ? "every trial diverged in" : "some trials failed in",
                     .where = summary.folder.string(),
                     .safe = "What was recorded of them is kept, and the report tells it",
                     .todo = all ? "Try smaller learning rates" : "See the log.txt of each of them"});
  Globals text_only = globals;
  text_only.json = false;  // the document on stdout is that of the results
  print_error(text_only, error.code(), error.text(), error.what());
}

}  // namespace

ExitCode run(const Globals& globals, const RunArguments& arguments) {
  const TrialFilter only = parse_only(arguments.only);
  const ExperimentOptions options = options_of(arguments, only);
  if (arguments.dry_run) return dry_run(globals, options, only);
  if (arguments.max_seconds > 0) stop_after(arguments.max_seconds);
  RunProgress progress(globals, arguments);
  const RunSummary summary = run_experiment(
      options, {.only = only, .fresh = arguments.fresh, .threads = globals.threads, .device = globals.device},
      progress);
  progress.line("analysing");
  const AnalysisTable table = analyze_run(summary.folder, options.analysis, globals.threads);
  for (const auto& note : table.notes) progress.on_note(note);
  make_folder(summary.folder / "report");
  const auto report = summary.folder / "report" / "index.html";
  write_report({summary.folder}, report);
  print_summary(globals, summary, report, progress.notes());
  if (summary.exit_code != ExitCode::ok) tell_failures(globals, summary);
  return summary.exit_code;
}

}  // namespace mirrortune::cli
