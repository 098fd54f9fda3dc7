#include "analysis/table.h"

#include <array>
#include <cmath>

#include "base/text.h"

namespace mirrortune {
namespace {

std::string number(double value) { return std::isnan(value) ? "" : format_number(value); }

/// The cells that tell which row it is: model, potential, evaluated_with, seed, layer.
std::vector<std::string> name_cells(const AnalysisRow& row) {
  const auto& trial = row.trial;
  return {trial ? trial->model : "", trial ? trial->potential : "", row.evaluated_with,
          trial ? std::to_string(trial->seed) : "", row.layer};
}

struct RealColumn {
  const char* name;
  double ChangeStatistics::*value;
};

/// The columns between n and zeros, then those between sign_flips and cell, then those after cell.
constexpr std::array<RealColumn, 8> kRealColumns = {
    {{"delta_cdf", &ChangeStatistics::delta_cdf},
     {"w1", &ChangeStatistics::w1},
     {"floor_ratio", &ChangeStatistics::floor_ratio},
     {"magnitude", &ChangeStatistics::magnitude},
     {"mean", &ChangeStatistics::mean},
     {"sd", &ChangeStatistics::sd},
     {"skew", &ChangeStatistics::skew},
     {"excess_kurtosis", &ChangeStatistics::excess_kurtosis}}};
constexpr std::array<RealColumn, 3> kLastColumns = {{{"log_sd_w0", &ChangeStatistics::log_sd_w0},
                                                     {"floor_pooled", &ChangeStatistics::floor_pooled},
                                                     {"w1_error", &ChangeStatistics::w1_error}}};
constexpr std::array<RealColumn, 9> kShapeColumns = {
    {{"p_value", &ChangeStatistics::p_value},
     {"ks", &ChangeStatistics::ks},
     {"ks_error", &ChangeStatistics::ks_error},
     {"anderson_darling", &ChangeStatistics::anderson_darling},
     {"l_skewness", &ChangeStatistics::l_skewness},
     {"l_kurtosis", &ChangeStatistics::l_kurtosis},
     {"p_bootstrap", &ChangeStatistics::p_bootstrap},
     {"unchanged_share", &ChangeStatistics::unchanged_share},
     {"mean_ulps", &ChangeStatistics::mean_ulps}}};

}  // namespace

const std::vector<std::string>& delta_cdf_columns() {
  static const std::vector<std::string> columns = [] {
    std::vector<std::string> names = {"model", "potential", "evaluated_with", "seed", "layer", "n"};
    for (const auto& column : kRealColumns) names.emplace_back(column.name);
    names.emplace_back("zeros");
    names.emplace_back("sign_flips");
    for (const auto& column : kLastColumns) names.emplace_back(column.name);
    names.emplace_back("cell");
    for (const auto& column : kShapeColumns) names.emplace_back(column.name);
    return names;
  }();
  return columns;
}

CsvTable delta_cdf_csv(const AnalysisTable& table) {
  CsvTable csv(delta_cdf_columns());
  for (const auto& row : table.rows) {
    const auto& s = row.statistics;
    auto cells = name_cells(row);
    cells.push_back(std::to_string(s.n));
    for (const auto& column : kRealColumns) cells.push_back(number(s.*column.value));
    cells.push_back(std::to_string(s.zeros));
    cells.push_back(std::to_string(s.sign_flips));
    for (const auto& column : kLastColumns) cells.push_back(number(s.*column.value));
    cells.push_back(row.trial ? row.trial->cell : "");
    for (const auto& column : kShapeColumns) cells.push_back(number(s.*column.value));
    csv.add(std::move(cells));
  }
  return csv;
}

const std::vector<std::string>& trajectory_columns() {
  static const std::vector<std::string> columns = {
      "model",     "potential", "evaluated_with", "seed",      "epoch", "layer", "n",
      "delta_cdf", "w1",        "floor_ratio",    "magnitude", "cell"};
  return columns;
}

void add_trajectory(CsvTable& csv, const AnalysisTable& table, const std::string& epoch) {
  for (const auto& row : table.rows) {
    const auto& s = row.statistics;
    auto cells = name_cells(row);
    cells.insert(cells.end() - 1, epoch);
    for (const double value : {s.delta_cdf, s.w1, s.floor_ratio, s.magnitude}) cells.push_back(number(value));
    cells.insert(cells.end() - 4, std::to_string(s.n));
    cells.push_back(row.trial ? row.trial->cell : "");
    csv.add(std::move(cells));
  }
}

const std::vector<std::string>& histogram_columns() {
  static const std::vector<std::string> columns = {"model",    "potential", "evaluated_with", "seed", "layer",
                                                   "bin_left", "bin_right", "count",          "cell"};
  return columns;
}

std::string histogram_lines(const AnalysisRow& row) {
  const auto& histogram = row.statistics.histogram;
  if (histogram.counts.empty()) return "";
  std::string before;
  for (const auto& cell : name_cells(row)) before += csv_escape(cell) + ",";
  const std::string after = "," + csv_escape(row.trial ? row.trial->cell : "") + "\n";
  std::string text;
  const auto add = [&](const std::string& left, const std::string& right, std::int64_t count) {
    text += before + left + "," + right + "," + std::to_string(count) + after;
  };
  std::string left = format_number(ScoreHistogram::edge(0));
  add("-inf", left, histogram.below);
  for (int i = 0; i < ScoreHistogram::kBins; ++i) {
    std::string right = format_number(ScoreHistogram::edge(i + 1));
    add(left, right, histogram.counts[static_cast<std::size_t>(i)]);
    left = std::move(right);
  }
  add(left, "inf", histogram.above);
  return text;
}

std::string histogram_csv(const AnalysisTable& table) {
  std::string text = join(histogram_columns(), ",") + "\n";
  for (const auto& row : table.rows) text += histogram_lines(row);
  return text;
}

const std::vector<std::string>& quantile_columns() {
  static const std::vector<std::string> columns = {"model", "potential",   "evaluated_with",  "seed",
                                                   "layer", "probability", "normal_quantile", "quantile",
                                                   "cell"};
  return columns;
}

std::string quantile_lines(const AnalysisRow& row) {
  std::string before, text;
  for (const auto& cell : name_cells(row)) before += csv_escape(cell) + ",";
  const std::string after = "," + csv_escape(row.trial ? row.trial->cell : "") + "\n";
  for (int i = 0; const double quantile : row.statistics.qq.quantiles) {
    text += before + format_number(QuantileTable::probability(i)) + "," +
            format_number(QuantileTable::normal_quantile(i)) + "," + format_number(quantile) + after;
    ++i;
  }
  return text;
}

std::string quantile_csv(const AnalysisTable& table) {
  std::string text = join(quantile_columns(), ",") + "\n";
  for (const auto& row : table.rows) text += quantile_lines(row);
  return text;
}

Json to_json(const AnalysisTable& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    const auto& s = row.statistics;
    Json entry;
    const auto text_or_null = [&](const char* key, std::string TrialName::*member) {
      entry[key] = row.trial ? Json((*row.trial).*member) : Json(nullptr);
    };
    text_or_null("model", &TrialName::model);
    text_or_null("potential", &TrialName::potential);
    entry["evaluated_with"] = row.evaluated_with;
    entry["seed"] = row.trial ? Json(row.trial->seed) : Json(nullptr);
    entry["layer"] = row.layer;
    entry["n"] = s.n;
    for (const auto& column : kRealColumns) entry[column.name] = number_or_null(s.*column.value);
    entry["zeros"] = s.zeros;
    entry["sign_flips"] = s.sign_flips;
    for (const auto& column : kLastColumns) entry[column.name] = number_or_null(s.*column.value);
    text_or_null("cell", &TrialName::cell);
    for (const auto& column : kShapeColumns) entry[column.name] = number_or_null(s.*column.value);
    entry["quantiles"] = s.qq.quantiles;
    rows.push_back(std::move(entry));
  }
  Json document;
  document["rows"] = std::move(rows);
  for (int i = 0; i < QuantileTable::kSize; ++i) {
    document["normal_quantiles"].push_back(QuantileTable::normal_quantile(i));
  }
  document["notes"] = table.notes;
  return document;
}

}  // namespace mirrortune
