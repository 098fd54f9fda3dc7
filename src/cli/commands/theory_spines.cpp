#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/output.h"
#include "cli/result_folder.h"
#include "report/theory.h"

#include "theory/spine_volumes.h"
#include "theory/spines.h"

namespace mirrortune::cli {
namespace {

struct SpinesArguments {
  std::filesystem::path table;  ///< empty: simulated volumes
  SpineTableOptions reading;
  std::int64_t simulated = kPublishedSpines;
  std::string potentials;  ///< empty: the defaults
  SpineOptions options;
  ResultFolder out;
};

SpineVolumes volumes_of(const SpinesArguments& arguments) {
  if (!arguments.table.empty()) return read_spine_volumes(arguments.table, arguments.reading);
  return simulate_spine_volumes(arguments.simulated, arguments.options.seed);
}

std::vector<std::string> notes_of(const SpineFindings& findings) {
  std::vector<std::string> notes = {kUnpairedNote};
  notes.insert(notes.end(), findings.volumes.notes.begin(), findings.volumes.notes.end());
  return notes;
}

Json to_json(const SpineFindings& findings, std::uint64_t seed) {
  const SpineVolumes& volumes = findings.volumes;
  Json document = {{"source", volumes.source},
                   {"volumes", volumes.volumes.size()},
                   {"md5", volumes.md5.empty() ? Json(nullptr) : Json(volumes.md5)},
                   {"published", volumes.published},
                   {"seed", seed}};
  document["rows"] = Json::array();
  for (const auto& fit : findings.fits) {
    document["rows"].push_back({{"potential", fit.potential},
                                {"K", fit.point_masses},
                                {"sigma", number_or_null(fit.sigma)},
                                {"points", fit.points},
                                {"weights", fit.weights},
                                {"log_likelihood", number_or_null(fit.log_likelihood)},
                                {"mass_below_zero", fit.mass_below_zero}});
  }
  document["notes"] = notes_of(findings);
  return document;
}

std::string to_text(const SpineFindings& findings) {
  const auto numbers = [](const std::vector<double>& values) {
    std::string text;
    for (const double value : values) text += (text.empty() ? "" : " ") + short_number(value);
    return text;
  };
  std::string text =
      fmt::format("{} volumes, {}\n", findings.volumes.volumes.size(), findings.volumes.source);
  std::vector<std::vector<std::string>> rows = {
      {"potential", "K", "log likelihood", "sigma", "below 0", "initial volumes", "their shares"}};
  for (const auto& fit : findings.fits) {
    rows.push_back({fit.potential, std::to_string(fit.point_masses),
                    fmt::format("{:.1f}", fit.log_likelihood), short_number(fit.sigma),
                    fmt::format("{:.1f} %", 100 * fit.mass_below_zero), numbers(fit.points),
                    numbers(fit.weights)});
  }
  return text + format_table(rows) + notes_text(notes_of(findings));
}

ExitCode perform(const Globals& globals, const SpinesArguments& arguments) {
  SpineOptions options = arguments.options;
  options.threads = globals.threads;
  if (!arguments.potentials.empty()) options.potentials = split_list(arguments.potentials);
  arguments.out.check({"spines", "points"});
  SpineFindings findings{.volumes = volumes_of(arguments), .fits = {}};
  findings.fits = fit_spines(findings.volumes.volumes, options);
  if (!arguments.out.path.empty()) {
    arguments.out.write({{"spines", spines_csv(findings.fits)}, {"points", points_csv(findings.fits)}});
    write_spines(findings, arguments.out.page());
  }
  Json document = new_document(globals);
  document.update(to_json(findings, options.seed));
  print_result(globals, document, to_text(findings));
  return ExitCode::ok;
}

}  // namespace

void declare_theory_spines(CLI::App& theory, Session& session) {
  CLI::App* command = add_command(
      theory, "spines",
      "Figure 5: volumes of spines as Gaussian changes of a few initial volumes, in the dual space of each\n"
      "potential. Without a table the volumes are simulated",
      "mirrortune theory spines soma_subgraph_synapses_spines_v185.csv --require-published -o spines\n"
      "mirrortune theory spines volumes.csv --column volume --point-masses 1,2,3\n"
      "mirrortune theory spines --seed 1 --json");
  auto arguments = std::make_shared<SpinesArguments>();
  SpinesArguments& to = *arguments;
  auto* table = command->add_option("table", to.table, "CSV with a header and a column of volumes");
  command->add_option("--column", to.reading.column, "That column (default: spine_vol_um3)")->needs(table);
  command
      ->add_flag("--require-published", to.reading.require_published,
                 "Refuse a table other than the published one")
      ->needs(table);
  command->add_option("-n,--simulated", to.simulated, "Volumes to simulate (default: 1961)")->excludes(table);
  command->add_option("--potentials", to.potentials, "Potentials (default: negative_entropy,2-norm,3-norm)");
  command
      ->add_option("-K,--point-masses", to.options.point_masses, "Numbers of initial volumes (default: 1,2)")
      ->delimiter(',');
  command->add_option("--starts", to.options.starts,
                      "Starts of each fit, of which the likeliest end counts (default: 10)");
  command->add_option("--seed", to.options.seed, "Of the simulated volumes and of the starts (default: 0)");
  add_result_folder(*command, to.out);
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *arguments); });
}

}  // namespace mirrortune::cli
