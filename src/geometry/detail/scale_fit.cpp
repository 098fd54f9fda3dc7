#include "geometry/detail/scale_fit.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mirrortune::detail {
namespace {

constexpr int kMostTurns = 40;
constexpr double kEnough = 1e-3;  // of ln p
/// Of the mean variance: without it a drift could fit the only change of a row without any rest, and that row
/// would outweigh all others.
constexpr double kLeastScale = 1e-6;

std::vector<double> inverses_of(const std::vector<double>& scales) {
  std::vector<double> inverses(scales.size());
  std::transform(scales.begin(), scales.end(), inverses.begin(),
                 [](double scale) { return scale > 0 ? 1 / scale : 0.0; });
  return inverses;
}

/// The mean of squares in units of the other side's scales, for every place of one side.
std::vector<double> mean_squares(std::span<const double> squares, std::span<const std::int32_t> own,
                                 std::span<const double> counts, std::span<const std::int32_t> other,
                                 std::span<const double> other_inverses) {
  std::vector<double> means(counts.size(), 0.0);
  for (std::size_t i = 0; i < squares.size(); ++i) {
    means[static_cast<std::size_t>(own[i])] +=
        squares[i] * other_inverses[static_cast<std::size_t>(other[i])];
  }
  double sum = 0, count = 0;
  for (std::size_t k = 0; k < means.size(); ++k) {
    sum += means[k];
    count += counts[k];
  }
  for (std::size_t k = 0; k < means.size(); ++k) {
    means[k] = counts[k] > 0 ? std::max(means[k] / counts[k], kLeastScale * sum / count) : 0.0;
  }
  return means;
}

double sum_of_logs(std::span<const double> counts, std::span<const double> scales) {
  double sum = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] > 0) sum += counts[k] * std::log(scales[k]);
  }
  return sum;
}

}  // namespace

ScaleFit::ScaleFit(const PlacedChanges& changes, const LayerModel& model)
    : changes_(changes),
      squares_(changes.change.size()),
      rows_(changes.row_counts.size(), 1.0),
      columns_(changes.column_counts.size(), 1.0),
      inverse_rows_(rows_),
      inverse_columns_(columns_) {
  double last = -INFINITY;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    if (model.drift) fit_drift();
    for (std::size_t i = 0; i < squares_.size(); ++i) {
      const double rest = changes_.change[i] - drift_ * changes_.slope[i];
      squares_[i] = rest * rest;
    }
    if (model.rows_and_columns && columns_.size() > 1) fit_columns();
    if (model.rows_and_columns) {
      fit_rows();
    } else {
      fit_one_scale();
    }
    const double now = log_likelihood();
    if (!(now - last > kEnough)) break;
    last = now;
  }
}

double ScaleFit::log_density(std::size_t i) const {
  const auto row = static_cast<std::size_t>(changes_.row[i]),
             column = static_cast<std::size_t>(changes_.column[i]);
  const double inverse = inverse_rows_[row] * inverse_columns_[column];
  return -0.5 * (std::log(2 * std::numbers::pi) - std::log(inverse) + squares_[i] * inverse);
}

void ScaleFit::fit_drift() {
  double products = 0, weights = 0;
  for (std::size_t i = 0; i < squares_.size(); ++i) {
    const double weight = inverse_rows_[static_cast<std::size_t>(changes_.row[i])] *
                          inverse_columns_[static_cast<std::size_t>(changes_.column[i])] * changes_.slope[i];
    products += weight * changes_.change[i];
    weights += weight * changes_.slope[i];
  }
  drift_ = weights > 0 ? products / weights : 0.0;
}

void ScaleFit::fit_columns() {
  columns_ = mean_squares(squares_, changes_.column, changes_.column_counts, changes_.row, inverse_rows_);
  inverse_columns_ = inverses_of(columns_);
}

void ScaleFit::fit_rows() {
  rows_ = mean_squares(squares_, changes_.row, changes_.row_counts, changes_.column, inverse_columns_);
  inverse_rows_ = inverses_of(rows_);
}

void ScaleFit::fit_one_scale() {
  double sum = 0, count = 0;
  for (const double square : squares_) sum += square;
  for (const double in_row : changes_.row_counts) count += in_row;
  std::fill(rows_.begin(), rows_.end(), sum / count);
  inverse_rows_ = inverses_of(rows_);
}

double ScaleFit::log_likelihood() const {
  return -0.5 * (sum_of_logs(changes_.row_counts, rows_) + sum_of_logs(changes_.column_counts, columns_));
}

}  // namespace mirrortune::detail
