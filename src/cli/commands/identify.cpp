#include "geometry/identify.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/geometry_text.h"
#include "cli/one_of.h"
#include "cli/output.h"
#include "report/identification.h"

#include "geometry/control.h"
#include "geometry/evidence.h"
#include "geometry/identify_layers.h"
#include "geometry/table.h"

namespace mirrortune::cli {
namespace {

struct IdentifyArguments {
  std::filesystem::path table;
  std::vector<std::filesystem::path> pair;
  std::filesystem::path report;  ///< empty: none
  std::string potentials, sessions, control;
  std::optional<double> noise_cv, noise_add, detection_limit;
  std::optional<bool> drift;  ///< nothing: of tables no, of networks yes
  std::optional<int> resamples;
  bool group_scales = true;
  IdentifyOptions options;
  LayersOptions layers;
};

bool all_positive(const Pairs& pairs) {
  const auto positive = [](double size) { return size >= 0; };
  return std::all_of(pairs.before.begin(), pairs.before.end(), positive) &&
         std::all_of(pairs.after.begin(), pairs.after.end(), positive);
}

/// What is known of the measurement: from a control, the command line or else from repeated measurements.
Measurement measurement_of(const PairsTable& table, const std::optional<Control>& control,
                           const IdentifyArguments& arguments) {
  Measurement measurement;
  if (control) {
    measurement.cv = control->noise.cv;
    measurement.add = control->noise.add;
  } else if (arguments.noise_cv || arguments.noise_add) {
    measurement.cv = arguments.noise_cv.value_or(0);
    measurement.add = arguments.noise_add.value_or(0);
  } else if (table.noise) {
    const double averaging = std::sqrt(table.measurements_per_size);
    measurement.cv = table.noise->cv / averaging;
    measurement.add = table.noise->add / averaging;
  }
  // Positive sizes that vanish are missing from a table of pairs, whatever the limit of the microscope.
  if (all_positive(table.pairs)) measurement.detection_limit = arguments.detection_limit.value_or(0);
  if (!all_positive(table.pairs)) measurement.detection_limit = arguments.detection_limit;
  return measurement;
}

/// The result, and where its page is if there is one.
void print_findings(const Globals& globals, const std::filesystem::path& report, Json document,
                    const std::string& text) {
  if (!report.empty()) document["report"] = report.string();
  print_result(globals, document, text + (report.empty() ? "" : "report: " + report.string() + "\n"));
}

/// The page may take the place of no folder, and of none of the files that it is about.
void check_report(const IdentifyArguments& arguments) {
  const std::filesystem::path& report = arguments.report;
  if (report.empty()) return;
  if (std::filesystem::is_directory(report)) throw_write_error("cannot write", report.string(), EISDIR);
  auto inputs = arguments.pair;
  inputs.push_back(arguments.table);
  for (const auto& input : inputs) {
    std::error_code none;
    if (!std::filesystem::equivalent(input, report, none)) continue;
    throw UsageError(
        {.what = "wrong command line",
         .why = "--report " + printable(report.string()) + " would replace the file that is asked about"});
  }
}

ExitCode identify_table(const Globals& globals, const IdentifyArguments& arguments) {
  TableOptions table_options;
  if (!arguments.sessions.empty()) table_options.sessions = parse_sessions("--sessions", arguments.sessions);
  const PairsTable table = read_pairs(arguments.table, table_options);
  std::optional<Control> control;
  if (!arguments.control.empty()) {
    control =
        control_of(read_pairs(arguments.table, {.sessions = parse_sessions("--control", arguments.control)}),
                   globals.threads);
  }
  IdentifyOptions options = arguments.options;
  if (!arguments.potentials.empty()) options.potentials = split_list(arguments.potentials);
  options.model.measurement = measurement_of(table, control, arguments);
  options.model.drift = arguments.drift.value_or(false);
  options.model.cluster_scales = arguments.group_scales && !table.pairs.groups.empty();
  options.model.threads = globals.threads;
  options.resamples = arguments.resamples.value_or(options.resamples);
  Identification result = identify(table.pairs, options);
  result.notes.insert(result.notes.begin(), table.notes.begin(), table.notes.end());
  if (control) result.notes.push_back(to_text(*control));
  Json document = new_document(globals);
  document.update(to_json(result, options.model.measurement));
  document["before"] = table.sessions.before;
  document["after"] = table.sessions.after;
  document["control"] = control ? to_json(*control) : Json(nullptr);
  const std::string text = to_text(result);
  if (!arguments.report.empty()) {
    write_identification({.table = arguments.table.filename().string(),
                          .sessions = table.sessions,
                          .evidence = table_evidence(table.pairs, options, result),
                          .identification = std::move(result)},
                         arguments.report);
  }
  print_findings(globals, arguments.report, document, text);
  return ExitCode::ok;
}

ExitCode identify_pair(const Globals& globals, const IdentifyArguments& arguments) {
  LayersOptions options = arguments.layers;
  options.drift = arguments.drift.value_or(true);
  options.resamples = arguments.resamples.value_or(options.resamples);
  options.seed = arguments.options.seed;
  options.threads = globals.threads;
  LayersIdentification result = identify_layers(arguments.pair[0], arguments.pair[1], options);
  Json document = new_document(globals);
  document.update(to_json(result));
  const std::string text = to_text(result);
  if (!arguments.report.empty()) {
    write_identification({.before = arguments.pair[0].filename().string(),
                          .after = arguments.pair[1].filename().string(),
                          .identification = std::move(result)},
                         arguments.report);
  }
  print_findings(globals, arguments.report, document, text);
  return ExitCode::ok;
}

ExitCode perform(const Globals& globals, const IdentifyArguments& arguments) {
  if (arguments.table.empty() == arguments.pair.empty()) {
    throw UsageError({.what = "wrong command line",
                      .why = "identify takes one table, or --pair INIT FINAL",
                      .todo = "See mirrortune identify --help"});
  }
  check_report(arguments);
  return arguments.pair.empty() ? identify_table(globals, arguments) : identify_pair(globals, arguments);
}

}  // namespace

void declare_identify(CLI::App& app, Session& session) {
  CLI::App* command = add_command(
      app, "identify",
      "Which geometry made these changes? The exponent lambda by which a change grows with the size, of\n"
      "synapses in a table or of the layers of a network, with its interval: 0 negative entropy, 1 gradient\n"
      "descent, p - 1 the p-norm",
      "mirrortune identify synapses.csv\n"
      "mirrortune identify synapses.csv --sessions day1,day5 --noise-cv 0.1 --smooth --json\n"
      "mirrortune identify synapses.csv --sessions day1,day5 --control day0,day1\n"
      "mirrortune identify synapses.csv --report page.html\n"
      "mirrortune identify --pair before.pth after.pth --head-name fc");
  auto arguments = std::make_shared<IdentifyArguments>();
  IdentifyArguments& to = *arguments;
  IdentifyOptions& options = to.options;
  command->add_option(
      "table", to.table,
      "CSV: id,session,size or id,t0,t1,... or pre,post; columns group, sign, se, repeat are used");
  command->add_option("--pair", to.pair, "Two weights files, before and after")->expected(2);
  command
      ->add_option("--report", to.report,
                   "Also write an HTML page with figures that opens anywhere, offline: PAGE.html")
      ->check([](const std::string& page) { return page.empty() ? "must name a file" : std::string(); });
  command->add_option("--potentials", to.potentials,
                      "Potentials to compare on a table, with commas between them");
  command->add_option("--sessions", to.sessions, "The two sessions of a table: BEFORE,AFTER");
  auto* control = command->add_option(
      "--control", to.control,
      "Two sessions of the table with no learning between them: A,B; their changes are taken as the noise");
  command->add_option("--noise-cv", to.noise_cv, "Relative error of each measurement, as 0.1 for 10 %")
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(control);
  command
      ->add_option("--noise-add", to.noise_add,
                   "Additive error of each measurement, in the unit of the sizes")
      ->check(CLI::NonNegativeNumber)
      ->excludes(control);
  command
      ->add_option("--detection-limit", to.detection_limit,
                   "Sizes below it are not seen (default of positive sizes: 0)")
      ->check(CLI::NonNegativeNumber);
  auto* drift = command->add_flag_callback(
      "--drift", [&to] { to.drift = true; },
      "Estimate a mean relative change along (default: of tables no, of networks yes)");
  command
      ->add_flag_callback(
          "--no-drift", [&to] { to.drift = false; }, "Do not estimate it")
      ->excludes(drift);
  command->add_flag("--group-scales,!--no-group-scales", to.group_scales,
                    "Every group of a table has a spread of its own (default: yes)");
  command->add_flag("--smooth", options.smooth, "Also fit smooth_power(lambda,beta) to a table");
  command->add_option("--bootstrap", to.resamples, "Resamples of the bootstrap; 0: none")
      ->check(CLI::Range(0, 1'000'000));
  command
      ->add_option(
          "--coverage", options.coverage_runs,
          "Simulate so many tables like this one, and count how often the profile interval holds lambda")
      ->check(CLI::Range(0, 1'000'000));
  command->add_option("--seed", options.seed, "Of the bootstrap and the simulations");
  command->add_option("--layers", to.layers.layers.pattern, "Pattern (*, ?, [abc]) of the tensors of a pair");
  command->add_option("--head-name", to.layers.layers.head_name, "Module of the head of a pair, like fc");
  command
      ->add_option("--head", to.layers.layers.head,
                   "Is the last layer taken? exclude, include or as_published")
      ->transform(one_of(head_rules()));
  command->add_option("--scales", to.layers.scales, "Spreads in a layer of a pair: layer or rows-columns")
      ->transform(one_of<ChangeScales>(
          {{"layer", ChangeScales::layer}, {"rows-columns", ChangeScales::rows_and_columns}}));
  command
      ->add_option(
          "--normalised", to.layers.normalised,
          "Do the layers of a pair have a batch norm after them? auto (as the weights tell), yes or no")
      ->transform(one_of<Normalised>(
          {{"auto", Normalised::automatic}, {"yes", Normalised::yes}, {"no", Normalised::no}}));
  auto* pair = command->get_option("--pair");
  for (const char* of_tables : {"--potentials", "--sessions", "--control", "--noise-cv", "--noise-add",
                                "--detection-limit", "--group-scales", "--smooth", "--coverage"}) {
    command->get_option(of_tables)->excludes(pair);
  }
  for (const char* of_pairs : {"--layers", "--head-name", "--head", "--scales", "--normalised"}) {
    command->get_option(of_pairs)->needs(pair);
  }
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *arguments); });
}

}  // namespace mirrortune::cli
