#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/statistics.h"
#include "base/csv.h"
#include "base/json.h"

namespace mirrortune {

/// Names of the rows that are no layer.
inline constexpr const char* kAll = "all";  ///< the raw changes of all layers, pooled
inline constexpr const char* kAllStandardised =
    "all_standardised";  ///< pooled, each layer divided by its sd first
inline constexpr const char* kMedian =
    "median";  ///< of every column over the layers (counts: the lower median)

/// Which trial a row is about; nothing for a pair of files.
struct TrialName {
  std::string cell;
  std::string model;
  std::string potential;
  std::uint64_t seed = 0;
};

/// One row of delta_cdf.csv with its part of histograms.csv.
struct AnalysisRow {
  std::optional<TrialName> trial;
  std::string evaluated_with;
  std::string layer;
  ChangeStatistics statistics;
  bool pooled = false;  ///< over several layers: a group, `all`, `all_standardised`, `median`
};

struct AnalysisTable {
  std::vector<AnalysisRow> rows;
  std::vector<std::string> notes;  ///< sentences: what was left out and why, what is undefined
};

/// model,potential,evaluated_with,seed,layer,n,delta_cdf,w1,floor_ratio,magnitude,mean,sd,skew,excess_kurtosis,
/// zeros,sign_flips,log_sd_w0,floor_pooled,w1_error,cell,
/// p_value,ks,ks_error,anderson_darling,l_skewness,l_kurtosis,p_bootstrap,
/// unchanged_share,mean_ulps — numbers as the shortest text that reads back;
/// an undefined number, and a pair's model, potential, seed and cell, are empty cells.
const std::vector<std::string>& delta_cdf_columns();
CsvTable delta_cdf_csv(const AnalysisTable& table);

/// model,potential,evaluated_with,seed,epoch,layer,n,delta_cdf,w1,floor_ratio,magnitude,cell — the main
/// columns of delta_cdf.csv with the epoch after which the weights were as compared; empty: the final ones.
const std::vector<std::string>& trajectory_columns();
/// Appends the table's rows.
void add_trajectory(CsvTable& csv, const AnalysisTable& table, const std::string& epoch);

/// model,potential,evaluated_with,seed,layer,bin_left,bin_right,count,cell — for each row that has scores
/// (all but the medians and the undefined) 202 lines, whose counts add up to n: below (−inf, −8), the 200
/// bins, above (8, inf). As text, since a run's tables have hundreds of thousands of lines.
const std::vector<std::string>& histogram_columns();
std::string histogram_csv(const AnalysisTable& table);
/// The lines of one row, without the header.
std::string histogram_lines(const AnalysisRow& row);

/// model,potential,evaluated_with,seed,layer,probability,normal_quantile,quantile,cell — for each row that
/// has scores 41 lines, its Q–Q table.
const std::vector<std::string>& quantile_columns();
std::string quantile_csv(const AnalysisTable& table);
/// The lines of one row, without the header.
std::string quantile_lines(const AnalysisRow& row);

/// {"rows": [{the columns of delta_cdf.csv, "quantiles": [41 of z, or none]}], "normal_quantiles": [41],
/// "notes": []}: undefined numbers are null; a pair's model, potential, seed and cell too.
Json to_json(const AnalysisTable& table);

}  // namespace mirrortune
