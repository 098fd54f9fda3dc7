#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "analysis/floor.h"
#include "analysis/potentials.h"
#include "analysis/statistics.h"
#include "base/error.h"
#include "base/quantile.h"
#include "base/text.h"

#include "theory/linreg.h"

namespace mirrortune {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw UsageError({.what = "cannot run the regressions", .why = why});
}

template <class Values>
void require_some(const Values& values, const char* option) {
  if (values.empty()) refuse(std::string("no ") + option + " is given");
}

void require(bool holds, const std::string& option, double value, const std::string& range) {
  if (!holds) refuse(option + " is " + format_number(value) + ": must be " + range);
}

void check_sizes(const LinregOptions& options) {
  require_some(options.dimensions, "dimension");
  require_some(options.exponents, "exponent");
  for (const double e : options.exponents) {
    require(e > 0 && e <= 1, "an exponent", e, "above 0 and at most 1, so that N is at most D");
  }
  for (const auto d : options.dimensions) {
    require(d >= 2, "a dimension", static_cast<double>(d), "2 or more");
  }
}

LinregCell::Band band_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return {.low = kUndefined, .median = kUndefined, .high = kUndefined};
  std::sort(values.begin(), values.end());
  return {.low = sorted_quantile(values, 0.05),
          .median = sorted_quantile(values, 0.5),
          .high = sorted_quantile(values, 0.95)};
}

auto key_of(const LinregRow& row) {
  return std::tuple(row.solution, row.potential, row.D, row.exponent, row.c);
}

LinregCell cell_of(const std::vector<const LinregRow*>& rows) {
  const auto band = [&](auto value_of) {
    std::vector<double> values;
    for (const auto* row : rows) values.push_back(value_of(*row));
    return band_of(values);
  };
  const LinregRow& first = *rows.front();
  const auto ended =
      std::count_if(rows.begin(), rows.end(), [](const auto* row) { return std::isfinite(row->loss); });
  const LayerScale scale{.n = first.D, .sd = 1};
  return {.solution = first.solution,
          .potential = first.potential,
          .D = first.D,
          .N = first.N,
          .exponent = first.exponent,
          .c = first.c,
          .seeds = ended,
          .delta_cdf = band([](const LinregRow& row) { return row.delta_cdf; }),
          .magnitude = band([](const LinregRow& row) { return row.magnitude; }),
          .spread_ratio = band([](const LinregRow& row) { return row.spread / row.spread_predicted; }),
          .loss = band([](const LinregRow& row) { return row.loss; }).median,
          .floor = gaussian_floor({&scale, 1}, /*center=*/false)};
}

}  // namespace

std::string to_text(RegressionInputs inputs) {
  switch (inputs) {
    case RegressionInputs::gaussian:
      return "gaussian";
    case RegressionInputs::binary:
      return "binary";
    case RegressionInputs::log_normal:
      return "log_normal";
  }
  return "";
}

std::string to_text(RegressionSolution solution) {
  return solution == RegressionSolution::trained ? "trained" : "exact";
}

std::vector<double> LinregOptions::published_lrs() {
  std::vector<double> lrs;
  for (int i = 0; i < 16; ++i) lrs.push_back(std::pow(10.0, -7 + 6.0 * i / 15));
  return lrs;
}

std::int64_t LinregOptions::samples(std::int64_t dimension, double exponent) {
  return static_cast<std::int64_t>(std::pow(static_cast<double>(dimension), exponent));
}

void check(const LinregOptions& options) {
  check_sizes(options);
  require_some(options.correlation_powers, "power of the correlation");
  require_some(options.potentials, "potential");
  for (const double c : options.correlation_powers) {
    require(c > 0 && std::isfinite(c), "a power of the correlation", c, "a number above 0");
  }
  require(options.seeds >= 1, "seeds", static_cast<double>(options.seeds), "1 or more");
  if (!options.train && !options.solve) refuse("neither trained nor exact regressions are asked for");
  require(options.momentum >= 0 && options.momentum < 1, "momentum", options.momentum,
          "0 or more and below 1");
  require_some(options.lrs, "learning rate");
  for (const double lr : options.lrs) require(lr > 0 && std::isfinite(lr), "a learning rate", lr, "above 0");
  require(options.epochs >= 1, "epochs", options.epochs, "1 or more");
  require(options.extend_epochs >= 1, "extend_epochs", options.extend_epochs, "1 or more");
  require(options.extend_times >= 0, "extend_times", options.extend_times, "0 or more");
  require(options.target_loss >= 0, "target_loss", options.target_loss, "0 or more");
  potentials_named(options.potentials);
}

CsvTable to_csv(const Linreg& result) {
  CsvTable table({"solution", "potential", "D", "N", "exponent", "c", "seed", "lr", "epochs", "delta_cdf",
                  "magnitude", "spread", "spread_predicted", "loss", "sign_flips"});
  for (const auto& row : result.rows) {
    const bool trained = row.solution == RegressionSolution::trained;
    table.add({to_text(row.solution), row.potential, std::to_string(row.D), std::to_string(row.N),
               format_number(row.exponent), format_number(row.c), std::to_string(row.seed),
               trained ? format_number(row.lr) : "", trained ? std::to_string(row.epochs) : "",
               format_number(row.delta_cdf), format_number(row.magnitude), format_number(row.spread),
               format_number(row.spread_predicted), format_number(row.loss), format_number(row.sign_flips)});
  }
  return table;
}

std::vector<LinregCell> summarise(const Linreg& result) {
  std::map<decltype(key_of(result.rows[0])), std::size_t> places;
  std::vector<std::vector<const LinregRow*>> members;
  for (const auto& row : result.rows) {
    const auto [place, is_new] = places.emplace(key_of(row), members.size());
    if (is_new) members.emplace_back();
    members[place->second].push_back(&row);
  }
  std::vector<LinregCell> cells;
  for (const auto& rows : members) cells.push_back(cell_of(rows));
  return cells;
}

CsvTable to_csv(const std::vector<LinregCell>& cells) {
  CsvTable table({"solution", "potential", "D", "N", "exponent", "c", "seeds", "delta_cdf", "delta_cdf_q05",
                  "delta_cdf_q95", "floor", "magnitude", "magnitude_q05", "magnitude_q95", "spread_ratio",
                  "spread_ratio_q05", "spread_ratio_q95", "loss"});
  for (const auto& cell : cells) {
    std::vector<std::string> line = {to_text(cell.solution),       cell.potential,
                                     std::to_string(cell.D),       std::to_string(cell.N),
                                     format_number(cell.exponent), format_number(cell.c),
                                     std::to_string(cell.seeds)};
    const auto add = [&](const LinregCell::Band& band) {
      for (const double value : {band.median, band.low, band.high}) line.push_back(format_number(value));
    };
    add(cell.delta_cdf);
    line.push_back(format_number(cell.floor));
    add(cell.magnitude);
    add(cell.spread_ratio);
    line.push_back(format_number(cell.loss));
    table.add(line);
  }
  return table;
}

}  // namespace mirrortune
