#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/csv.h"

namespace mirrortune {

/// What weights the changes start from.
enum class StartWeights {
  normal,      ///< N(0, normal_sd²)
  log_normal,  ///< ± a log-normal size of mean and sd log_normal_mean, both signs equally likely
};
inline constexpr StartWeights kStartWeights[] = {StartWeights::normal, StartWeights::log_normal};

/// "normal" or "log-normal", as tables name them.
std::string to_text(StartWeights start);

/// Made-up weights change by Gaussian noise in the dual space of one potential, and the change is looked at
/// in the dual space of another: how far a wrong potential may be off before ΔCDF tells. Source: Pogodin et
/// al. 2024, figure 3B.
struct RobustnessOptions {
  std::int64_t weights = 1000;  ///< of one sample, 2 or more
  std::int64_t seeds = 30;      ///< samples of each kind, 1 or more
  double change = 0.1;     ///< size r of the change: d = r·φ'(reference)·ξ with ξ ~ N(0, 1); above 0
  double reference = 0.1;  ///< the weight whose dual is the unit of the change
  double normal_sd = 0.1;  ///< above 0
  double log_normal_mean = 0.03162277660168379;  ///< mean and sd of the sizes, above 0: 1/√1000
  /// As parse_potential reads them.
  std::vector<std::string> generated_with = {"negative_entropy", "2-norm", "3-norm"};
  std::vector<std::string> evaluated_with = published_evaluations();
  std::uint64_t seed = 0;
  int threads = 1;  ///< 0: all cores; the result does not depend on it

  /// negative_entropy and the p-norms from 1.1 to 3 in steps of 0.1.
  static std::vector<std::string> published_evaluations();
};

/// Samples of one kind, looked at with one potential.
struct RobustnessRow {
  StartWeights start;
  std::string generated_with;
  std::string evaluated_with;
  double delta_cdf_mean;  ///< over the seeds; ΔCDF as published
  double delta_cdf_sd;    ///< unbiased; NaN for one seed
  double sign_flips;      ///< share of the weights whose sign is the opposite after the change, 0 … 1
};

struct Robustness {
  RobustnessOptions options;        ///< its potentials once each and in canonical form
  std::vector<RobustnessRow> rows;  ///< by start, then generated_with, then evaluated_with
  double floor;                     ///< ΔCDF expected of as many independent Gaussian changes
};

/// Draws and evaluates the samples. Sample i is a function of the options but `seeds`; the samples of
/// all potentials share their weights and ξ. Throws UsageError for options out of range, for a potential
/// whose φ'(reference) is 0 or not defined, and for one whose domain does not hold the weights before or
/// after.
Robustness simulate_robustness(const RobustnessOptions& options);

/// w0,generated_with,evaluated_with,delta_cdf_mean,delta_cdf_sd,sign_flips: a line for each row.
CsvTable to_csv(const Robustness& result);

}  // namespace mirrortune
