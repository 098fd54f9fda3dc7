#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

/// What the run directories say, read into plain rows. Numbers that are absent or not finite are NaN.
namespace mirrortune::report {

/// What a row belongs to.
struct Key {
  std::string network;    ///< the model; with the run's name and further grid axes where they are needed
  std::string potential;  ///< trained with
  std::uint64_t seed = 0;

  auto operator<=>(const Key&) const = default;
};

/// A trial: trial.json, or a row of index.csv for one that has none (yet).
struct Trial {
  Key key;
  std::string state;
  double lr, epochs, train_loss, train_accuracy, pretrained_train_accuracy, holdout_accuracy,
      pretrained_holdout_accuracy, seconds;
  std::string identity_sha256, weights_sha256;
};

/// An epoch of a trial: a row of metrics.csv.
struct Epoch {
  Key key;
  double epoch, train_loss, train_accuracy;
};

/// A training of a learning-rate search: a row of lr_search.csv.
struct SearchRow {
  std::string network, potential;
  double epochs, lr, final_loss, train_accuracy;
  std::string state;
  bool chosen = false;  ///< the cell's trials trained with this rate and number of epochs
};

/// The statistics of a dual change: a row of delta_cdf.csv.
struct Change {
  Key key;
  std::string evaluated_with;
  std::string layer;  ///< a module, or `all`, `all_standardised`, `median`
  double n, delta_cdf, w1, floor_ratio, magnitude, mean, sd, skew, excess_kurtosis, zeros, sign_flips,
      log_sd_w0, floor_pooled;

  bool own() const { return evaluated_with == key.potential; }
  /// ΔCDF that as many independent Gaussian changes would have; NaN if the row does not tell.
  double floor() const {
    return floor_ratio > 0 ? delta_cdf / floor_ratio : std::numeric_limits<double>::quiet_NaN();
  }
};

/// The exponent of the geometry that a change follows: a row of geometry.csv.
struct Exponent {
  Key key;
  double epoch;       ///< of a snapshot; NaN: the final weights
  std::string layer;  ///< a module, or `all`, `median`
  double n, lambda, low, high, flips, drift;
};

/// All layers together under the potential trained with, at a snapshot: a row of trajectories.csv.
struct Moment {
  Key key;
  double epoch;  ///< NaN: the final weights
  double delta_cdf, magnitude;
};

/// λ of the geometry that a potential has where it is a power: 0 of negative entropy, p − 1 of a p-norm; else
/// NaN.
double exponent_of(const std::string& potential);

/// A layer summary of the network rather than a module of it.
bool is_summary(const std::string& layer);

/// Bins of the page: half-open, of width kBinWidth from −8, and what lies outside.
constexpr int kBins = 100;
constexpr double kBinWidth = 0.16;
struct Histogram {
  std::uint64_t below = 0, above = 0;
  std::array<std::uint32_t, kBins> counts{};
};

/// Where a histogram belongs.
struct HistogramKey {
  Key key;
  std::string evaluated_with, layer;

  auto operator<=>(const HistogramKey&) const = default;
};

/// A run directory's own texts.
struct Run {
  std::string name;
  std::string config;  ///< config.yaml; empty if there is none
  Json manifest;       ///< null if there is none
};

/// All of it. The name lists are in the order in which the page shows them.
struct RunData {
  std::vector<Run> runs;
  std::vector<Trial> trials;
  std::vector<Epoch> epochs;
  std::vector<SearchRow> search;
  std::vector<Change> changes;  ///< by potential and by what it was seen by, as ordered by `before`
  std::vector<Exponent> exponents;
  std::vector<Moment> moments;
  std::map<HistogramKey, Histogram> histograms;

  std::vector<std::string> networks;
  std::vector<std::string> potentials;                     ///< trained with, as ordered by `before`
  std::vector<std::string> evaluated_with;                 ///< the same order
  std::map<std::string, std::vector<std::string>> layers;  ///< modules of a network, in the table's order
};

/// Order of potentials on every axis: negative entropy, the p-norms by p, then the others by name.
bool before(const std::string& potential, const std::string& other);
/// "negative entropy" for `negative_entropy`; other texts as they are.
std::string display(const std::string& potential);

/// Reads the run directories. Absent files are left out; errors as write_report.
RunData read_runs(const std::vector<std::filesystem::path>& run_dirs);

/// How the rows of one run are named: the network's name of a cell (or of a model, for rows without a cell).
struct NetworkNames {
  std::string suffix;  ///< " (run)" if there are several runs
  std::string of(const std::string& model, const std::string& cell) const;
};

/// Adds analysis/histograms.csv, read line by line: it may be far larger than memory.
void read_histograms(const std::filesystem::path& file, const NetworkNames& names, RunData& data);

}  // namespace mirrortune::report
