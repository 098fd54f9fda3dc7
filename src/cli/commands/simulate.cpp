#include "geometry/simulate.h"

#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "cli/app.h"
#include "cli/one_of.h"
#include "cli/output.h"
#include "potential/potential.h"

namespace mirrortune::cli {
namespace {

const std::map<std::string, ChangeProcess> kProcesses = {{"potential", ChangeProcess::potential},
                                                         {"kesten", ChangeProcess::kesten},
                                                         {"log_ou", ChangeProcess::log_ou}};

struct SimulateArguments {
  SimulateOptions options;
  std::string potential;         ///< empty: the default
  std::filesystem::path output;  ///< empty: stdout
  bool force = false;
};

SimulateOptions options_of(const SimulateArguments& arguments) {
  SimulateOptions options = arguments.options;
  if (arguments.potential.empty()) return options;
  if (options.process != ChangeProcess::potential) {
    throw UsageError({.what = "wrong command line", .why = "a null process has no --potential"});
  }
  options.potential = arguments.potential;
  return options;
}

std::string name_of(ChangeProcess process) {
  for (const auto& [name, known] : kProcesses) {
    if (known == process) return name;
  }
  return "";
}

Json to_json(const SimulateOptions& options, const SimulatedCounts& counts) {
  const bool learns = options.process == ChangeProcess::potential;
  return {{"process", name_of(options.process)},
          {"potential", learns ? Json(to_text(parse_potential(options.potential))) : Json(nullptr)},
          {"change", options.change},
          {"seed", options.seed},
          {"synapses", options.n},
          {"pairs", counts.pairs},
          {"lost", counts.lost},
          {"appeared", counts.appeared},
          {"unseen", counts.unseen},
          {"redrawn", counts.redrawn}};
}

/// "pairs.csv: 990 pairs of 1000 synapses; 10 lost, 0 appeared, 0 unseen".
std::string summary(const std::string& table, const SimulateOptions& options, const SimulatedCounts& counts) {
  return table + ": " + std::to_string(counts.pairs) + " pairs of " + std::to_string(options.n) +
         " synapses; " + std::to_string(counts.lost) + " lost, " + std::to_string(counts.appeared) +
         " appeared, " + std::to_string(counts.unseen) + " unseen\n";
}

ExitCode perform(const Globals& globals, const SimulateArguments& arguments) {
  const SimulateOptions options = options_of(arguments);
  const std::string table = arguments.output.string();
  if (!table.empty()) refuse_existing(arguments.output, arguments.force);
  const auto synapses = simulate_synapses(options);
  const SimulatedCounts counts = counts_of(synapses);
  const std::string csv = to_csv(synapses);
  if (!table.empty()) write_file(arguments.output, std::string_view(csv));
  Json document = new_document(globals);
  document["table"] = table.empty() ? Json(nullptr) : Json(table);
  document.update(to_json(options, counts));
  print_result(globals, document, table.empty() ? csv : summary(table, options, counts));
  return ExitCode::ok;
}

void add_sizes(CLI::App& command, SimulateOptions& to) {
  command.add_option("-n,--synapses", to.n, "Synapses (default: 1000)");
  command.add_option("--log-mean", to.log_mean, "Mean of the log of the sizes before (default: 0, median 1)");
  command.add_option("--log-sd", to.log_sd, "Sd of the log of the sizes before (default: 0.836)");
  command.add_option("--groups", to.groups, "Clusters, like cells, in turn (default: none)");
  command.add_option("--cluster-sd", to.cluster_sd,
                     "Log-sd of the scale of the changes from cluster to cluster (default: 0)");
  command.add_option("--seed", to.seed, "Other seeds draw other synapses (default: 0)");
}

void add_changes(CLI::App& command, SimulateArguments& to) {
  command.add_option("--potential", to.potential,
                     "Under which dual changes are Gaussian: negative_entropy (default), 2-norm, 3-norm …");
  command
      .add_option("--process", to.options.process,
                  "potential (default), or one that learns nothing: kesten or log_ou")
      ->transform(one_of(kProcesses));
  command.add_option("--change", to.options.change,
                     "Sd of the relative change of a synapse of median size (default: 0.3)");
  command.add_option("--drift", to.options.drift, "Mean of that relative change (default: 0)");
}

void add_measurement(CLI::App& command, SimulateOptions& to) {
  command.add_option("--noise-cv", to.noise_cv, "Relative error of each measurement (default: 0)");
  command.add_option("--noise-add", to.noise_add,
                     "Additive error of each measurement, in units of the median size (default: 0)");
  command.add_option(
      "--detection-limit", to.detection_limit,
      "Measurements at or below it are not seen (default: 0; -inf: all are, negative sizes too)");
  command.add_flag("--control", to.control,
                   "Measure the sizes before twice: a session `control` without learning");
}

}  // namespace

void declare_simulate(CLI::App& app, Session& session) {
  CLI::App* command =
      add_command(app, "simulate", "A table of made-up synapses before and after, under any potential",
                  "mirrortune simulate --potential 2-norm --change 0.3 -n 500 -o synapses.csv\n"
                  "mirrortune simulate --potential 3-norm --noise-cv 0.1 --groups 8 --cluster-sd "
                  "0.2 -o noisy.csv\n"
                  "mirrortune simulate --process kesten --seed 1 > null.csv");
  auto arguments = std::make_shared<SimulateArguments>();
  add_changes(*command, *arguments);
  add_sizes(*command, arguments->options);
  add_measurement(*command, arguments->options);
  command->add_option("-o,--output", arguments->output, "The CSV file to write (default: standard output)");
  command->add_flag("--force", arguments->force, "Replace the output if it is there");
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *arguments); });
}

}  // namespace mirrortune::cli
