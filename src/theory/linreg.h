#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/csv.h"

namespace mirrortune {

/// What the inputs of the regressions are. The published ones are Gaussian, and then so is every sum of them:
/// only the others show at how many of them the central limit begins.
enum class RegressionInputs {
  gaussian,    ///< the latent numbers plus U(−½, ½) for each one
  binary,      ///< 1 where the latent number is among the largest 5 %, else 0
  log_normal,  ///< the exponential of the latent number; divided by its sd
};
inline constexpr RegressionInputs kRegressionInputs[] = {RegressionInputs::gaussian, RegressionInputs::binary,
                                                         RegressionInputs::log_normal};

/// "gaussian", "binary", "log_normal".
std::string to_text(RegressionInputs inputs);

/// Linear regressions on made-up data, trained by mirror descent until they hold all labels. Source: Pogodin
/// et al. 2024, figure 3A and the appendix's grid.
///
/// A data set has N inputs of D numbers, N = ⌊D^exponent⌋, and labels ±1 by a coin. Latent numbers are
/// normal, with correlation (−1)^(i−j)/(1 + |i − j|^c) of numbers i and j. All D and N of a seed and c take
/// the first columns and rows of one draw. Weights start from N(0, 1/D), the same for every potential.
struct LinregOptions {
  std::vector<std::int64_t> dimensions = {100,  180,  324,  584,   1053,
                                          1898, 3419, 6161, 11100, 20000};  ///< D, 2 or more
  std::vector<double> exponents = {0.5, 0.75};                              ///< above 0, at most 1
  std::vector<double> correlation_powers = {1, 2};                          ///< c, above 0
  std::vector<std::string> potentials = {"negative_entropy", "2-norm", "3-norm"};
  RegressionInputs inputs = RegressionInputs::gaussian;
  std::int64_t seeds = 30;  ///< data sets; one more is drawn for the search
  bool train = true;        ///< by mirror descent, as published
  bool solve = true;  ///< the exact solution too: φ'(w) = φ'(w0) + Xᵀλ with Xw = y, which needs no rate

  double momentum = 0.9;
  std::vector<double> lrs = published_lrs();  ///< tried on the search's data set; above 0
  int epochs = 100;                           ///< full-batch steps; the rate falls to 0 along a cosine
  int extend_epochs = 100, extend_times = 4;  ///< the search goes on with longer trainings …
  double target_loss = 1e-3;                  ///< … until the mean squared error is below this
  std::uint64_t seed = 0;                     ///< others draw other data
  int threads = 0;                            ///< 0: all cores; the result does not depend on it

  /// 10⁻⁷ … 10⁻¹, sixteen of them.
  static std::vector<double> published_lrs();
  /// N of an exponent.
  static std::int64_t samples(std::int64_t dimension, double exponent);
};

enum class RegressionSolution { trained, exact };
/// "trained", "exact".
std::string to_text(RegressionSolution solution);

/// One regression.
struct LinregRow {
  RegressionSolution solution;
  std::string potential;
  std::int64_t D, N;
  double exponent, c;
  std::int64_t seed;
  double lr = 0;  ///< of the trained ones
  int epochs = 0;
  double delta_cdf;         ///< of d = φ'(w) − φ'(w0), as published
  double magnitude;         ///< ‖d‖/‖φ'(w0)‖
  double spread;            ///< sd of d
  double spread_predicted;  ///< by theorem 1; NaN where E[1/φ''(w0)] diverges
  double loss;              ///< mean squared error: before the last step, or of the solution
  double sign_flips;        ///< share of the weights, 0 … 1
};

struct Linreg {
  LinregOptions options;  ///< its potentials once each and in canonical form
  std::vector<LinregRow> rows;
  std::vector<std::string> notes;
};

/// Told of what has been done: share of the whole, and what is done now.
using LinregProgress = std::function<void(double done, const std::string& now)>;

/// Draws, trains, solves and evaluates. Throws UsageError for options out of range, StoppedError when asked
/// to stop; a regression that diverges or has no solution is a row of NaN with a note.
Linreg run_linreg(const LinregOptions& options, const LinregProgress& progress = {});

/// Throws UsageError for options out of range.
void check(const LinregOptions& options);

/// A line for each row.
CsvTable to_csv(const Linreg& result);

/// Over the seeds of a cell.
struct LinregCell {
  RegressionSolution solution;
  std::string potential;
  std::int64_t D, N;
  double exponent, c;
  std::int64_t seeds;  ///< that did not diverge
  /// Quantiles 5 %, 50 %, 95 %, by linear interpolation; NaN without seeds.
  struct Band {
    double low, median, high;
  };
  Band delta_cdf, magnitude, spread_ratio;  ///< spread_ratio: measured by predicted
  double loss;                              ///< median
  double floor;                             ///< ΔCDF expected of D independent Gaussian changes: 1.184/√D
};

/// In the order of the rows.
std::vector<LinregCell> summarise(const Linreg& result);
CsvTable to_csv(const std::vector<LinregCell>& cells);

}  // namespace mirrortune
