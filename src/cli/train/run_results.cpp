#include "cli/train/run_results.h"

#include <fmt/format.h>

#include "cli/configuration.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "config/weights_store.h"
#include "experiment/plan.h"
#include "experiment/status.h"

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

std::string number_text(const std::optional<double>& value) { return value ? short_number(*value) : "–"; }

std::string time_text(const std::optional<double>& seconds) {
  return seconds ? duration_text(*seconds) : "–";
}

/// D, N, disk and progress beside the columns of index.csv.
Json status_json(const TrialStatus& status) {
  Json entry = trial_json(status.row);
  entry["epochs"] = status.epochs;
  entry["epochs_done"] = status.epochs_done;
  entry["seconds"] = status.seconds_spent;
  entry["seconds_left"] = optional_json(status.seconds_left);
  entry["D"] = status.trial.num_weights;
  entry["N"] = status.trial.num_images;
  entry["disk_bytes"] = status.trial.disk_bytes;
  return entry;
}

/// Sums over the trials of a status.
struct StatusTotals {
  std::int64_t finished = 0;
  std::int64_t disk_bytes = 0;
  double seconds_spent = 0;
  std::optional<double> seconds_left = 0;  ///< with the searches'; none if a part of it is unknown
};

StatusTotals totals_of(const ExperimentStatus& status) {
  StatusTotals totals{.seconds_left = status.search_seconds_left};
  for (const TrialStatus& one : status.trials) {
    totals.finished += is_finished(one.row.state) ? 1 : 0;
    totals.disk_bytes += one.trial.disk_bytes;
    totals.seconds_spent += one.seconds_spent;
    if (totals.seconds_left && one.seconds_left) {
      *totals.seconds_left += *one.seconds_left;
    } else {
      totals.seconds_left.reset();
    }
  }
  return totals;
}

}  // namespace

ChosenExperiment chosen_experiment(const RunArguments& arguments) {
  return {.options = load_configuration(arguments),
          .only = parse_only(arguments.only),
          .shard = parse_shard(arguments.shard)};
}

void print_status(const Globals& globals, const RunArguments& arguments) {
  const ChosenExperiment chosen = chosen_experiment(arguments);
  auto trials = plan_trials(chosen.options, chosen.only);
  if (chosen.shard) trials = trials_of(*chosen.shard, std::move(trials));
  const EpochSeconds measured = arguments.estimate
                                    ? measure_epochs(chosen.options, trials, globals.device, globals.threads)
                                    : EpochSeconds();
  const ExperimentStatus status = status_of(chosen.options, trials, measured);
  Json document = new_document(globals);
  document["notes"] = Json::array();
  for (const auto& name : missing_weights(chosen.options, chosen_cells(chosen.options, chosen.only))) {
    document["notes"].push_back("the weights " + name +
                                " are not on this machine yet: mirrortune weights pull " + name);
    if (!globals.quiet) Progress(globals).line(document["notes"].back().get<std::string>());
  }
  document["trials"] = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"cell", "seed", "state", "D", "N", "epochs", "disk", "spent", "left"}};
  for (const TrialStatus& one : status.trials) {
    document["trials"].push_back(status_json(one));
    rows.push_back({one.row.cell, std::to_string(one.row.seed), to_text(one.row.state),
                    std::to_string(one.trial.num_weights), std::to_string(one.trial.num_images),
                    fmt::format("{}/{}", one.epochs_done, one.epochs),
                    bytes_text(static_cast<double>(one.trial.disk_bytes)), duration_text(one.seconds_spent),
                    time_text(one.seconds_left)});
  }
  const StatusTotals totals = totals_of(status);
  document["seconds_left"] = optional_json(totals.seconds_left);
  document["report"] = (run_folder(chosen.options) / "report" / "index.html").string();
  print_result(
      globals, document,
      fmt::format("{}{} trials, {} finished, {} on disk in {}; {} spent, {} left\n", format_table(rows),
                  status.trials.size(), totals.finished, bytes_text(static_cast<double>(totals.disk_bytes)),
                  run_folder(chosen.options).string(), duration_text(totals.seconds_spent),
                  time_text(totals.seconds_left)));
}

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
  document["report"] = report.empty() ? Json(nullptr) : Json(report.string());
  document["notes"] = notes;
  for (const TrialRow& row : summary.trials) {
    if (row.state != TrialState::diverged) continue;
    document["notes"].push_back(
        fmt::format("{} seed {} diverged: what it has no value for is null", row.cell, row.seed));
  }
  print_result(globals, document,
               format_table(rows) + (report.empty() ? "" : "report: " + report.string() + "\n"));
}

ExitCode tell_beside_results(const Globals& globals, const Error& error) {
  Globals text_only = globals;
  text_only.json = false;
  print_error(text_only, error.code(), error.text(), error.what());
  return error.code();
}

ExitCode tell_failures(const Globals& globals, const RunSummary& summary) {
  if (summary.exit_code == ExitCode::ok) return ExitCode::ok;
  const bool all = summary.exit_code == ExitCode::all_diverged;
  return tell_beside_results(
      globals, Error(summary.exit_code,
                     {.what = all ? "every trial diverged in" : "some trials failed in",
                      .where = summary.folder.string(),
                      .safe = "What was recorded of them is kept, and the report tells it",
                      .todo = all ? "Try smaller learning rates" : "See the log.txt of each of them"}));
}

}  // namespace mirrortune::cli
