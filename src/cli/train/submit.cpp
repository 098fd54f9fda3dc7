#include <fmt/format.h>

#include "base/folder_lock.h"
#include "base/shell.h"
#include "base/text.h"
#include "cli/configuration.h"
#include "cli/exec_program.h"
#include "cli/output.h"
#include "cli/train/actions.h"
#include "cli/train/run_results.h"
#include "config/slurm.h"
#include "config/weights_store.h"
#include "experiment/slurm_submit.h"

namespace mirrortune::cli {
namespace {

SlurmCommand command_of(const Globals& globals, const RunArguments& arguments,
                        const ExperimentOptions& options) {
  SlurmCommand command{.program = light_program(),
                       .folder = std::filesystem::absolute(run_folder(options)).lexically_normal(),
                       .name = options.name,
                       .threads = globals.threads};
  if (globals.device != "auto") command.arguments = {"--device", globals.device};
  if (arguments.allow_inexact) command.arguments.emplace_back("--allow-inexact");
  return command;
}

std::int64_t trials_left(const SlurmWork& work) {
  std::int64_t count = 0;
  for (const SlurmCell& cell : work.cells) count += std::ssize(cell.seeds);
  return count;
}

Json document_of(const Globals& globals, const SlurmWork& work, const SlurmCommand& command) {
  Json document = new_document(globals);
  document["folder"] = command.folder.string();
  document["trials"] = trials_left(work);
  document["finished"] = work.finished;
  document["jobs"] = Json::array();
  return document;
}

/// A script as `jobs` of the document lists it. The id is null before it is submitted.
Json job_json(const SlurmScript& script, const std::optional<std::int64_t>& id) {
  return {{"name", script.name},
          {"id", id ? Json(*id) : Json(nullptr)},
          {"tasks", script.tasks},
          {"dependency", script.dependency},
          {"after", script.after}};
}

void print_scripts(const Globals& globals, Json document, const std::vector<SlurmScript>& scripts) {
  std::string text;
  for (const SlurmScript& script : scripts) {
    Json job = job_json(script, {});
    job["script"] = script.text;
    document["jobs"].push_back(std::move(job));
    text += fmt::format("{}### {}", text.empty() ? "" : "\n", script.name);
    if (!script.after.empty()) text += fmt::format(": {} {}", script.dependency, join(script.after, ", "));
    text += fmt::format("\n{}", script.text);
  }
  print_result(globals, document, text);
}

void print_jobs(const Globals& globals, Json document, const std::vector<SlurmScript>& scripts,
                const std::vector<SlurmJob>& jobs) {
  std::vector<std::vector<std::string>> rows = {{"job", "name", "tasks", "after"}};
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const SlurmScript& script = scripts[i];
    document["jobs"].push_back(job_json(script, jobs[i].id));
    const bool all = script.dependency == "afterany";
    rows.push_back({std::to_string(jobs[i].id), script.name, std::to_string(script.tasks),
                    all ? "all of them" : join(script.after, ", ")});
  }
  const std::string folder = document["folder"].get<std::string>();
  const std::string experiment =
      fmt::format("-c {} --out {}", shell_word(folder + "/config.yaml"), shell_word(folder));
  print_result(
      globals, document,
      format_table(rows) + fmt::format("{} trials were submitted, {} were finished before; see them with\n"
                                       "  mirrortune sweep status {}\n",
                                       document["trials"].get<std::int64_t>(),
                                       document["finished"].get<std::int64_t>(), experiment));
}

}  // namespace

ExitCode sweep_submit(const Globals& globals, const RunArguments& arguments) {
  const SlurmOptions slurm = load_slurm(arguments.slurm);
  ChosenExperiment chosen = chosen_experiment(arguments);
  // Missing weights are told here, not by every task.
  if (!arguments.print) resolve_weights(chosen.options, chosen_cells(chosen.options, chosen.only));
  const SlurmWork work = slurm_work(chosen.options, chosen.only);
  const SlurmCommand command = command_of(globals, arguments, chosen.options);
  const auto scripts = slurm_scripts(work, command, slurm);
  Json document = document_of(globals, work, command);
  if (scripts.empty()) {
    print_result(globals, document,
                 fmt::format("nothing to submit: all {} trials are finished\n", work.finished));
  } else if (arguments.print) {
    print_scripts(globals, std::move(document), scripts);
  } else {
    lock_folder(command.folder, LockMode::shared);
    const auto jobs = submit_to_slurm(chosen.options, scripts, arguments.force);
    print_jobs(globals, std::move(document), scripts, jobs);
  }
  return ExitCode::ok;
}

}  // namespace mirrortune::cli
