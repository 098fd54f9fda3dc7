#include <algorithm>
#include <limits>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/folder_lock.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/runs/run_directory.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

/// A measured value of a trial; null without one.
Json measured(const RunTrial& trial, const char* key) {
  const bool there = trial.recorded() && trial.record.contains(key);
  return there ? trial.record.at(key) : Json(nullptr);
}

double number(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

double seconds_of(const RunTrial& trial) {
  const Json value = measured(trial, "seconds");
  return value.is_number() ? value.get<double>() : 0.0;
}

/// The columns of index.csv.
Json trial_json(const RunTrial& trial) {
  const Json epochs = measured(trial, "epochs");
  return {{"cell", trial.cell},
          {"model", trial.model},
          {"potential", trial.potential},
          {"seed", trial.seed},
          {"lr", measured(trial, "lr")},
          {"state", trial.state},
          {"train_loss", measured(trial, "train_loss")},
          {"train_accuracy", measured(trial, "train_accuracy")},
          {"holdout_accuracy", measured(trial, "holdout_accuracy")},
          {"epochs", epochs.is_null() ? Json(0) : epochs},
          {"seconds", seconds_of(trial)}};
}

/// Different values of a member, in the order of the trials.
template <class T>
std::vector<T> values_of(const std::vector<RunTrial>& trials, T RunTrial::*member) {
  std::vector<T> values;
  for (const auto& trial : trials) {
    if (std::ranges::find(values, trial.*member) == values.end()) values.push_back(trial.*member);
  }
  return values;
}

Json document_of(const Globals& globals, const RunDirectory& run) {
  const FolderUse use = use_of(run.path);
  const auto holder = folder_holder(run.path);
  const fs::path report = run.path / "report" / "index.html";
  double seconds = 0;
  for (const auto& trial : run.trials) seconds += seconds_of(trial);
  Json document = new_document(globals);
  document["name"] = name_of(run.path);
  document["path"] = run.path.string();
  document["models"] = values_of(run.trials, &RunTrial::model);
  document["potentials"] = values_of(run.trials, &RunTrial::potential);
  document["seeds"] = values_of(run.trials, &RunTrial::seed);
  document["states"] = count_states(run.trials);
  for (const char* key : {"versions", "host", "device", "threads", "weights", "data"}) {
    document[key] = run.manifest.contains(key) ? run.manifest.at(key) : Json(nullptr);
  }
  document["seconds"] = seconds;
  document["disk_bytes"] = use.bytes;
  document["last_change"] = use.last_change.empty() ? Json(nullptr) : Json(use.last_change);
  document["holder"] = holder ? Json(*holder) : Json(nullptr);
  document["report"] = fs::exists(report) ? Json(report.string()) : Json(nullptr);
  document["trials"] = Json::array();
  for (const auto& trial : run.trials) document["trials"].push_back(trial_json(trial));
  return document;
}

std::string list_text(const Json& values) {
  std::vector<std::string> texts;
  for (const auto& value : values) {
    texts.push_back(value.is_string() ? value.get<std::string>() : value.dump());
  }
  return join(texts, ", ");
}

/// "4 trials: 3 done, 1 failed".
std::string states_text(const Json& states) {
  std::vector<std::string> parts;
  for (const auto& [state, count] : states.items()) {
    if (state != "all" && count != 0) parts.push_back(count.dump() + " " + state);
  }
  return states.at("all").dump() + " trials: " + join(parts, ", ");
}

/// "a: file a.pth, sha256 …": each entry of `weights` or `data` on a line of its own.
void add_sources(const Json& document, const char* key, std::vector<std::vector<std::string>>& rows) {
  const Json& sources = document.at(key);
  if (!sources.is_object()) return;
  for (const auto& [name, facts] : sources.items()) {
    std::vector<std::string> parts;
    for (const auto& [fact, value] : facts.items()) {
      parts.push_back(fact + " " + (value.is_string() ? value.get<std::string>() : value.dump()));
    }
    rows.push_back({key, name + ": " + join(parts, ", ")});
  }
}

std::string head_text(const Json& document) {
  const auto text = [&](const char* path) { return text_at(document, path); };
  std::vector<std::vector<std::string>> rows = {
      {"run", text("path")},
      {"networks", list_text(document["models"])},
      {"potentials", list_text(document["potentials"])},
      {"seeds", list_text(document["seeds"])},
      {"state", states_text(document["states"])},
      {"versions", "mirrortune " + text("versions.mirrortune") + ", LibTorch " + text("versions.libtorch") +
                       ", compiler " + text("versions.compiler")},
      {"host", text("host.name") + ": " + text("host.processor") + ", " + text("host.cores") + " cores"},
      {"machine", text("device") + ", threads: " + text("threads")}};
  add_sources(document, "weights", rows);
  add_sources(document, "data", rows);
  const Json& last_change = document["last_change"];
  const Json& holder = document["holder"];
  const Json& report = document["report"];
  rows.push_back({"time", duration_text(document["seconds"].get<double>()) + " in trials"});
  rows.push_back({"size", bytes_text(document["disk_bytes"].get<double>())});
  rows.push_back({"last change", last_change.is_null() ? "–" : last_change.get<std::string>()});
  rows.push_back({"in use", holder.is_null() ? "no" : "by " + holder.get<std::string>()});
  rows.push_back({"report", report.is_null() ? "none; 'mirrortune report' makes it" : text("report")});
  return format_table(rows);
}

std::string trials_text(const Json& trials) {
  std::vector<std::vector<std::string>> rows = {
      {"cell", "seed", "lr", "state", "train loss", "train accuracy", "holdout accuracy", "epochs", "time"}};
  for (const auto& trial : trials) {
    const auto shown = [&](const char* key) { return short_number(number(trial.at(key))); };
    const bool pending = trial.at("state") == "pending";
    rows.push_back({trial.at("cell").get<std::string>(), trial.at("seed").dump(), shown("lr"),
                    trial.at("state").get<std::string>(), shown("train_loss"), shown("train_accuracy"),
                    shown("holdout_accuracy"), pending ? "–" : trial.at("epochs").dump(),
                    pending ? "–" : duration_text(number(trial.at("seconds")))});
  }
  return format_table(rows);
}

}  // namespace

void declare_runs_show(CLI::App& runs, Session& session) {
  CLI::App* command = add_command(
      runs, "show", "What a run is and how far it is: networks, versions, machine, hashes, trials",
      "mirrortune runs show runs/demo");
  auto path = std::make_shared<fs::path>();
  command->add_option("run", *path, "Run directory")->required();
  on_parsed(*command, session, [=](const Globals& globals) {
    const Json document = document_of(globals, read_run_directory(*path));
    print_result(globals, document, head_text(document) + "\n" + trials_text(document["trials"]));
    return ExitCode::ok;
  });
}

}  // namespace mirrortune::cli
