#include <algorithm>
#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/output.h"
#include "cli/result_folder.h"
#include "report/theory.h"

#include "theory/robustness.h"

namespace mirrortune::cli {
namespace {

struct RobustnessArguments {
  RobustnessOptions options;
  std::string generated_with, evaluated_with;  ///< empty: the defaults
  ResultFolder out;
};

Json to_json(const Robustness& result) {
  const RobustnessOptions& options = result.options;
  Json document = {{"weights", options.weights},
                   {"seeds", options.seeds},
                   {"seed", options.seed},
                   {"change", options.change},
                   {"reference", options.reference},
                   {"normal_sd", options.normal_sd},
                   {"log_normal_mean", options.log_normal_mean},
                   {"floor", result.floor}};
  document["rows"] = Json::array();
  for (const auto& row : result.rows) {
    document["rows"].push_back({{"w0", to_text(row.start)},
                                {"generated_with", row.generated_with},
                                {"evaluated_with", row.evaluated_with},
                                {"delta_cdf_mean", number_or_null(row.delta_cdf_mean)},
                                {"delta_cdf_sd", number_or_null(row.delta_cdf_sd)},
                                {"sign_flips", row.sign_flips}});
  }
  document["notes"] = Json::array();
  if (options.seeds == 1) document["notes"].push_back("one seed has no spread: delta_cdf_sd is null");
  const auto undefined = [](const RobustnessRow& row) { return !std::isfinite(row.delta_cdf_mean); };
  if (std::ranges::any_of(result.rows, undefined)) {
    document["notes"].push_back("a change that moves no dual, or that of one weight only, has no ΔCDF: null");
  }
  return document;
}

/// A line for each evaluating potential, a column for each generating one.
std::string table_of(const Robustness& result, StartWeights start) {
  std::vector<std::vector<std::string>> rows = {{"evaluated with"}};
  for (const auto& generated : result.options.generated_with)
    rows[0].push_back("generated with " + generated);
  for (const auto& evaluated : result.options.evaluated_with) rows.push_back({evaluated});
  std::vector<std::string> flips = {"sign flips"};
  std::size_t line = 0;
  for (const auto& row : result.rows) {
    if (row.start != start) continue;
    const bool first = line % (rows.size() - 1) == 0;
    const std::string spread = result.options.seeds > 1 ? fmt::format(" ± {:.3f}", row.delta_cdf_sd) : "";
    rows[1 + line % (rows.size() - 1)].push_back(fmt::format("{:.3f}{}", row.delta_cdf_mean, spread));
    if (first) flips.push_back(fmt::format("{:.1f} %", 100 * row.sign_flips));
    ++line;
  }
  rows.push_back(flips);
  return format_table(rows);
}

std::string to_text(const Robustness& result) {
  const RobustnessOptions& options = result.options;
  std::string text = fmt::format(
      "ΔCDF of {} made-up changes, mean ± sd over {} seeds; {:.4f} is expected of independent Gaussian "
      "ones\n",
      options.weights, options.seeds, result.floor);
  for (const StartWeights start : kStartWeights) {
    text += fmt::format("\n{} weights before\n{}", mirrortune::to_text(start), table_of(result, start));
  }
  return text;
}

ExitCode perform(const Globals& globals, const RobustnessArguments& arguments) {
  RobustnessOptions options = arguments.options;
  options.threads = globals.threads;
  if (!arguments.generated_with.empty()) options.generated_with = split_list(arguments.generated_with);
  if (!arguments.evaluated_with.empty()) options.evaluated_with = split_list(arguments.evaluated_with);
  arguments.out.check({"robustness"});
  const Robustness result = simulate_robustness(options);
  if (!arguments.out.path.empty()) {
    arguments.out.write({{"robustness", to_csv(result)}});
    write_robustness(result, arguments.out.page());
  }
  Json document = new_document(globals);
  document.update(to_json(result));
  print_result(globals, document, to_text(result));
  return ExitCode::ok;
}

}  // namespace

void declare_theory_robustness(CLI::App& theory, Session& session) {
  CLI::App* command = add_command(
      theory, "robustness",
      "Figure 3B: how far a wrong potential may be off before the change of made-up weights\n"
      "looks other than Gaussian",
      "mirrortune theory robustness --seeds 300 -o robustness\n"
      "mirrortune theory robustness --generated-with 2-norm --evaluated-with 1.5-norm,2-norm,2.5-norm\n"
      "mirrortune theory robustness --weights 100 --json");
  auto arguments = std::make_shared<RobustnessArguments>();
  RobustnessOptions& to = arguments->options;
  command->add_option("--weights", to.weights, "Weights of a sample (default: 1000)");
  command->add_option("--seeds", to.seeds, "Samples of each kind (default: 30)");
  command->add_option("--generated-with", arguments->generated_with,
                      "Potentials that make the changes (default: negative_entropy,2-norm,3-norm)");
  command->add_option("--evaluated-with", arguments->evaluated_with,
                      "Potentials that look at them (default: negative_entropy and 1.1-norm to 3-norm)");
  command->add_option("--change", to.change,
                      "Sd of the dual change, in units of the dual of the reference weight (default: 0.1)");
  command->add_option("--reference", to.reference, "That weight (default: 0.1)");
  command->add_option("--normal-sd", to.normal_sd, "Sd of the normal weights before (default: 0.1)");
  command->add_option("--log-normal-mean", to.log_normal_mean,
                      "Mean and sd of the sizes of the log-normal weights before (default: 0.0316)");
  command->add_option("--seed", to.seed, "Other seeds draw other samples (default: 0)");
  add_result_folder(*command, arguments->out);
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *arguments); });
}

}  // namespace mirrortune::cli
