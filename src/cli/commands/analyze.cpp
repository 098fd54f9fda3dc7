#include "analysis/analyze.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/folder_lock.h"
#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/one_of.h"
#include "cli/output.h"

#include "geometry/identify_run.h"

namespace mirrortune::cli {
namespace {

struct AnalyzeArguments {
  std::vector<std::filesystem::path> runs;
  std::vector<std::filesystem::path> pair;
  std::string potentials;
  std::optional<HeadRule> head;
  bool center = false;
  bool per_layer = false;
  std::string group_by = "none";
  PairOptions pair_options;
};

/// `options` with what the command line says instead.
AnalysisOptions chosen(AnalysisOptions options, const AnalyzeArguments& arguments) {
  if (!arguments.potentials.empty()) options.potentials = split_list(arguments.potentials);
  if (arguments.head) options.head = *arguments.head;
  if (arguments.center) options.center = true;
  return options;
}

GroupBy group_by(const std::string& text) {
  if (text == "block") return GroupBy::block;
  return text == "kind" ? GroupBy::kind : GroupBy::none;  // each layer has a row of its own anyway
}

/// Rows and notes of several runs in one table.
AnalysisTable analyze(const Globals& globals, const AnalyzeArguments& arguments) {
  if (!arguments.pair.empty()) {
    PairOptions pair = arguments.pair_options;
    pair.threads = globals.threads;
    pair.group_by = group_by(arguments.group_by);
    return analyze_pair(arguments.pair[0], arguments.pair[1], chosen({}, arguments), pair);
  }
  AnalysisTable all;
  for (const auto& run : arguments.runs) {
    const AnalysisOptions options = chosen(load_configuration(run / "config.yaml", {}).analysis, arguments);
    lock_folder(run);
    AnalysisTable table = analyze_run(run, options, globals.threads);
    identify_run(run, options.head, globals.threads);
    std::move(table.rows.begin(), table.rows.end(), std::back_inserter(all.rows));
    std::move(table.notes.begin(), table.notes.end(), std::back_inserter(all.notes));
  }
  return all;
}

std::string to_table(const AnalysisTable& table) {
  std::vector<std::vector<std::string>> rows = {{"trained with", "seed", "evaluated with", "layer", "n",
                                                 "ΔCDF", "floor ratio", "W1", "magnitude", "sign flips",
                                                 "zeros", "p"}};
  for (const AnalysisRow& row : table.rows) {
    const ChangeStatistics& s = row.statistics;
    rows.push_back({row.trial ? row.trial->cell : "–", row.trial ? std::to_string(row.trial->seed) : "–",
                    row.evaluated_with, row.layer, std::to_string(s.n), short_number(s.delta_cdf),
                    short_number(s.floor_ratio), short_number(s.w1), short_number(s.magnitude),
                    std::to_string(s.sign_flips), std::to_string(s.zeros),
                    short_number(std::isnan(s.p_bootstrap) ? s.p_value : s.p_bootstrap)});
  }
  return format_table(rows) + notes_text(table.notes);
}

ExitCode perform(const Globals& globals, const AnalyzeArguments& arguments) {
  if (arguments.runs.empty() == arguments.pair.empty()) {
    throw UsageError({.what = "wrong command line",
                      .why = "analyze takes run directories, or --pair INIT FINAL",
                      .todo = "See mirrortune analyze --help"});
  }
  AnalysisTable table = analyze(globals, arguments);
  if (!arguments.per_layer && arguments.group_by != "layer")
    std::erase_if(table.rows, [](const auto& row) { return !row.pooled; });
  Json document = new_document(globals);
  document.update(to_json(table));
  print_result(globals, document, to_table(table));
  return ExitCode::ok;
}

}  // namespace

void declare_analyze(CLI::App& app, Session& session) {
  CLI::App* command = add_command(app, "analyze",
                                  "How far the dual changes of the weights are from Gaussian, under each "
                                  "potential; of a run, or of any two\n"
                                  "weights files",
                                  "mirrortune analyze runs/demo\n"
                                  "mirrortune analyze --pair before.pth after.safetensors --potentials "
                                  "negative_entropy,2-norm --per-layer\n"
                                  "mirrortune analyze runs/demo --head include --json");
  auto arguments = std::make_shared<AnalyzeArguments>();
  AnalyzeArguments& to = *arguments;
  command->add_option("run", to.runs, "Run directories; their analysis/ is written anew");
  CLI::Option* pair =
      command->add_option("--pair", to.pair, "Two weights files, before and after")->expected(2);
  command->add_option("--potentials", to.potentials,
                      "Potentials that evaluate the changes, with commas between them");
  command->add_option("--head", to.head, "Is the last layer analysed? exclude, include or as_published")
      ->transform(one_of(head_rules()));
  command->add_option("--head-name", to.pair_options.head_name, "Module of the head of a pair, like fc");
  command->add_option("--layers", to.pair_options.layers,
                      "Pattern (*, ?, [abc]) of the tensors of a pair to compare");
  command
      ->add_option("--group-by", to.group_by,
                   "Also a row for every group of a pair's layers, pooled as 'all': layer; block, the "
                   "module path up to\nits first number, like layer1.0; kind (conv, depthwise, linear); none")
      ->check(CLI::IsMember({"layer", "block", "kind", "none"}))
      ->needs(pair);
  command
      ->add_option(
          "--bootstrap", to.pair_options.bootstrap,
          "Samples of Gaussian layers of a pair's sizes and scales, for the p-value of the pooled rows")
      ->check(CLI::Range(0, 1'000'000))
      ->needs(pair);
  command->add_flag("--center", to.center, "Subtract the mean dual change first");
  command->add_flag("--per-layer", to.per_layer, "Also a row for every layer");
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *arguments); });
}

}  // namespace mirrortune::cli
