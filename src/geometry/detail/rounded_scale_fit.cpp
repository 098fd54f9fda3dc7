#include "geometry/detail/rounded_scale_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace mirrortune::detail {
namespace {

constexpr int kMostTurns = 30;
constexpr double kEnough = 0.02;  // of ln p
constexpr double kLongest = 20;   // times the step of EM
constexpr double kFarthest = 2;   // of the logarithm of a variance in one turn

/// The steps of the logarithms of one side's variances.
std::vector<double> log_steps(const std::vector<double>& squares, const std::vector<double>& information,
                              const std::vector<double>& counts, bool lengthened) {
  std::vector<double> steps(counts.size(), 0.0);
  for (std::size_t k = 0; k < steps.size(); ++k) {
    if (counts[k] == 0) continue;
    const double seen = std::max(information[k] / counts[k], 1 / kLongest);  // of exact changes 1
    const double length = lengthened ? std::max(1 / seen, 1.0) : 1.0;
    steps[k] = std::clamp(length * std::log(squares[k] / counts[k]), -kFarthest, kFarthest);
  }
  return steps;
}

double weighted_mean(const std::vector<double>& values, const std::vector<double>& weights) {
  return std::inner_product(values.begin(), values.end(), weights.begin(), 0.0) /
         std::accumulate(weights.begin(), weights.end(), 0.0);
}

}  // namespace

RoundedScaleFit::RoundedScaleFit(const PlacedChanges& changes, const LayerModel& model)
    : changes_(changes), model_(model) {
  // As if the changes were exact: hardly too much, since there are those that rounding has made 0.
  const ScaleFit exact(changes, model);
  fit_ = {.drift = exact.drift(), .rows = exact.row_variances(), .columns = exact.column_variances()};
  Expectation seen = expect();
  bool lengthened = true;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    Fit last = fit_;
    fit_ = improved(seen, lengthened);
    Expectation next = expect();
    const double gain = next.log_probability - seen.log_probability;
    const bool worse = !(gain >= 0);
    if (worse) fit_ = std::move(last);
    if (worse && !lengthened) break;
    lengthened = !worse;
    if (worse) continue;
    seen = std::move(next);
    if (gain < kEnough) break;
  }
  log_probabilities_ = std::move(seen.log_probabilities);
}

RoundedScaleFit::Expectation RoundedScaleFit::expect() const {
  Expectation seen{.log_probabilities = std::vector<double>(changes_.change.size(), 0.0),
                   .row_squares = std::vector<double>(fit_.rows.size(), 0.0),
                   .column_squares = std::vector<double>(fit_.columns.size(), 0.0),
                   .row_information = std::vector<double>(fit_.rows.size(), 0.0),
                   .column_information = std::vector<double>(fit_.columns.size(), 0.0)};
  for (std::size_t i = 0; i < seen.log_probabilities.size(); ++i) {
    if (!is_known(i)) continue;
    const auto row = static_cast<std::size_t>(changes_.row[i]),
               column = static_cast<std::size_t>(changes_.column[i]);
    const double inverse_sd = 1 / std::sqrt(fit_.rows[row] * fit_.columns[column]);
    const double slope = changes_.slope[i] * inverse_sd, middle = fit_.drift * slope;
    const TruncatedNormal z =
        truncated_normal(changes_.low[i] * inverse_sd - middle, changes_.high[i] * inverse_sd - middle);
    seen.log_probabilities[i] = z.log_mass;
    seen.log_probability += z.log_mass;
    seen.drift_score += slope * z.mean;
    seen.drift_information += slope * slope * (1 - z.variance);
    const double square = z.variance + z.mean * z.mean;
    seen.row_squares[row] += square;
    seen.column_squares[column] += square;
    const double information = square - z.square_variance / 2;
    seen.row_information[row] += information;
    seen.column_information[column] += information;
  }
  return seen;
}

RoundedScaleFit::Fit RoundedScaleFit::improved(const Expectation& seen, bool lengthened) const {
  Fit next = fit_;
  if (!model_.rows_and_columns) {
    const auto sum = [](const std::vector<double>& values) {
      return std::vector{std::accumulate(values.begin(), values.end(), 0.0)};
    };
    const double step =
        log_steps(sum(seen.row_squares), sum(seen.row_information), sum(changes_.row_counts), lengthened)[0];
    for (double& variance : next.rows) variance *= std::exp(step);
  } else {
    const auto rows = log_steps(seen.row_squares, seen.row_information, changes_.row_counts, lengthened);
    for (std::size_t k = 0; k < rows.size(); ++k) next.rows[k] *= std::exp(rows[k]);
    // What all columns have in common is in the rows' step.
    const auto columns =
        log_steps(seen.column_squares, seen.column_information, changes_.column_counts, lengthened);
    const double common = weighted_mean(columns, changes_.column_counts);
    for (std::size_t k = 0; k < columns.size(); ++k) next.columns[k] *= std::exp(columns[k] - common);
  }
  if (model_.drift && seen.drift_information > 0) next.drift += seen.drift_score / seen.drift_information;
  return next;
}

}  // namespace mirrortune::detail
