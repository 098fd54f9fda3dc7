#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/output.h"
#include "cli/result_folder.h"
#include "report/theory.h"

#include "theory/dynamics.h"

namespace mirrortune::cli {
namespace {

struct DynamicsArguments {
  DynamicsOptions options;
  std::string potentials;           ///< empty: the defaults
  std::vector<std::string> starts;  ///< the same
  ResultFolder out;
};

TwoWeights parse_start(const std::string& text) {
  const auto pieces = split(text, ',');
  const auto first = parse_number(trim(pieces.front())), second = parse_number(trim(pieces.back()));
  if (pieces.size() != 2 || !first || !second) {
    throw UsageError({.what = "wrong command line",
                      .why = "--start " + printable(text) + " is not two numbers with a comma between them",
                      .todo = "Write it as --start 2,-0.2"});
  }
  return {*first, *second};
}

Json point_json(const TwoWeights& w) { return {number_or_null(w[0]), number_or_null(w[1])}; }

Json to_json(const Dynamics& dynamics) {
  Json document = {{"loss", dynamics.options.loss},
                   {"time_limit", dynamics.options.time_limit},
                   {"tolerance", dynamics.options.tolerance}};
  document["rows"] = Json::array();
  for (const auto& flow : dynamics.flows) {
    document["rows"].push_back({{"potential", flow.potential},
                                {"start", point_json(flow.start)},
                                {"end", point_json(flow.end)},
                                {"conserved_drift", number_or_null(flow.conserved_drift)},
                                {"limit", point_json(flow.limit)},
                                {"ended", to_text(flow.ended)},
                                {"time", flow.time},
                                {"loss", flow.points.back().loss}});
  }
  document["notes"] = dynamics.notes;
  return document;
}

std::string to_text(const Dynamics& dynamics) {
  const auto point = [](const TwoWeights& w) { return fmt::format("({:.7g}, {:.7g})", w[0], w[1]); };
  std::string text = fmt::format("mirror flows of l = {}\n", plane_loss_named(dynamics.options.loss).formula);
  std::vector<std::vector<std::string>> rows = {
      {"potential", "start", "end", "ended by", "time", "loss", "conserved drift"}};
  for (const auto& flow : dynamics.flows) {
    rows.push_back({flow.potential, point(flow.start), point(flow.end), mirrortune::to_text(flow.ended),
                    short_number(flow.time), fmt::format("{:.7g}", flow.points.back().loss),
                    std::isnan(flow.conserved_drift) ? "–" : fmt::format("{:.1e}", flow.conserved_drift)});
  }
  return text + format_table(rows) + notes_text(dynamics.notes);
}

ExitCode perform(const Globals& globals, const DynamicsArguments& arguments) {
  DynamicsOptions options = arguments.options;
  if (!arguments.potentials.empty()) options.potentials = split_list(arguments.potentials);
  if (!arguments.starts.empty()) {
    options.starts.clear();
    for (const auto& start : arguments.starts) options.starts.push_back(parse_start(start));
  }
  arguments.out.check({"dynamics", "trajectories"});
  const Dynamics dynamics = integrate_dynamics(options);
  if (!arguments.out.path.empty()) {
    arguments.out.write({{"dynamics", to_csv(dynamics)}, {"trajectories", trajectories_csv(dynamics)}});
    write_dynamics(dynamics, arguments.out.page());
  }
  Json document = new_document(globals);
  document.update(to_json(dynamics));
  print_result(globals, document, to_text(dynamics));
  return ExitCode::ok;
}

}  // namespace

void declare_theory_dynamics(CLI::App& theory, Session& session) {
  CLI::App* command = add_command(
      theory, "dynamics", "Figure 2: where mirror descent takes two weights under each potential",
      "mirrortune theory dynamics -o dynamics\n"
      "mirrortune theory dynamics --potentials 1.5-norm,3-norm --start 1,1 --start -1,0.5 --json\n"
      "mirrortune theory dynamics --loss bowl");
  auto arguments = std::make_shared<DynamicsArguments>();
  DynamicsOptions& to = arguments->options;
  command->add_option("--potentials", arguments->potentials,
                      "Potentials (default: negative_entropy,2-norm,3-norm)");
  command
      ->add_option("--start", arguments->starts,
                   "Weights to start from: W1,W2; may be repeated (default: 1,1 and 2,-0.2)")
      ->allow_extra_args(false);
  command->add_option(
      "--loss", to.loss,
      "published (default), quadratic or logistic, which are functions of w1/2 + w2 and conserve "
      "phi'(w1) - phi'(w2)/2, or bowl, which does not");
  command->add_option("--time-limit", to.time_limit, "A flow ends there at the latest (default: 1e6)");
  command->add_option("--tolerance", to.tolerance,
                      "A flow ends where the gradient is below it (default: 1e-9)");
  add_result_folder(*command, arguments->out);
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *arguments); });
}

}  // namespace mirrortune::cli
