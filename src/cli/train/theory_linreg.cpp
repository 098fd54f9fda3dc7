#include <fmt/format.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/train/actions.h"
#include "report/theory.h"
#include "train/device.h"

#include "theory/linreg.h"

namespace mirrortune::cli {
namespace {

Json to_json(const Linreg& result) {
  Json document = {{"inputs", mirrortune::to_text(result.options.inputs)},
                   {"seeds", result.options.seeds},
                   {"seed", result.options.seed}};
  document["rows"] = Json::array();
  for (const auto& row : result.rows) {
    const bool trained = row.solution == RegressionSolution::trained;
    document["rows"].push_back({{"solution", mirrortune::to_text(row.solution)},
                                {"potential", row.potential},
                                {"D", row.D},
                                {"N", row.N},
                                {"exponent", row.exponent},
                                {"c", row.c},
                                {"seed", row.seed},
                                {"lr", trained ? number_or_null(row.lr) : Json(nullptr)},
                                {"epochs", trained ? Json(row.epochs) : Json(nullptr)},
                                {"delta_cdf", number_or_null(row.delta_cdf)},
                                {"magnitude", number_or_null(row.magnitude)},
                                {"spread", number_or_null(row.spread)},
                                {"spread_predicted", number_or_null(row.spread_predicted)},
                                {"loss", number_or_null(row.loss)},
                                {"sign_flips", number_or_null(row.sign_flips)}});
  }
  document["notes"] = result.notes;
  return document;
}

std::string to_text(const Linreg& result) {
  const auto digits = [](double value, const char* format) {
    return std::isnan(value) ? std::string("–") : fmt::format(fmt::runtime(format), value);
  };
  std::vector<std::vector<std::string>> rows = {{"solution", "potential", "c", "D", "N", "ΔCDF", "5 % … 95 %",
                                                 "floor", "magnitude", "spread/theorem", "loss"}};
  for (const auto& cell : summarise(result)) {
    rows.push_back({mirrortune::to_text(cell.solution), cell.potential, fmt::format("{:g}", cell.c),
                    std::to_string(cell.D), std::to_string(cell.N), digits(cell.delta_cdf.median, "{:.4f}"),
                    digits(cell.delta_cdf.low, "{:.4f} … ") + digits(cell.delta_cdf.high, "{:.4f}"),
                    digits(cell.floor, "{:.4f}"), digits(cell.magnitude.median, "{:.3g}"),
                    digits(cell.spread_ratio.median, "{:.2f}"), digits(cell.loss, "{:.1e}")});
  }
  return fmt::format("linear regressions on {} inputs: medians over {} seeds\n",
                     mirrortune::to_text(result.options.inputs), result.options.seeds) +
         format_table(rows) + notes_text(result.notes);
}

}  // namespace

ExitCode theory_linreg(const Globals& globals, const LinregArguments& arguments) {
  LinregOptions options = arguments.options;
  options.threads = prepare_compute({.threads = globals.threads, .deterministic = true});
  Progress progress(globals);
  const Linreg result = run_linreg(
      options, [&](double done, const std::string& now) { progress.update(done, [&] { return now; }); });
  progress.clear();
  if (!arguments.out.path.empty()) {
    arguments.out.write({{"linreg", to_csv(summarise(result))}, {"regressions", to_csv(result)}});
    write_linreg(result, arguments.out.page());
  }
  Json document = new_document(globals);
  document.update(to_json(result));
  print_result(globals, document, to_text(result));
  const bool none = std::all_of(result.rows.begin(), result.rows.end(),
                                [](const LinregRow& row) { return std::isnan(row.loss); });
  return none ? ExitCode::all_diverged : ExitCode::ok;
}

}  // namespace mirrortune::cli
