#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mirrortune::detail {

/// What the changes of a layer have in common besides their geometry.
struct LayerModel {
  bool rows_and_columns = true;  ///< scales r_i·c_j; else one
  bool drift = true;             ///< a mean relative change m
  /// The layer is normalised after it (batch norm): the gradient of every output channel is orthogonal to its
  /// weights, so that the variance of a change has a factor 1 − w0²/Σ w0² over the row. Small rows feel it.
  bool normalised = false;
};

/// Changes d_ij by the place of their row and column. Those with `counts` 0 are none, and 0 themselves.
struct PlacedChanges {
  std::span<const std::int32_t> row, column;
  std::span<const double> change, slope;  ///< d, and what a relative change of 1 adds to it
  /// Ends of the cells that rounded changes lie somewhere in; empty: the changes are exact.
  std::span<const double> low = {}, high = {};
  std::vector<double> row_counts, column_counts;
};

/// The most likely drift m and variances r_i·c_j of changes d_ij ~ N(m·slope_ij, r_i·c_j): each from the
/// others in turns, until ln p gains less than 10⁻³.
class ScaleFit {
 public:
  ScaleFit(const PlacedChanges& changes, const LayerModel& model);

  double drift() const { return drift_; }
  const std::vector<double>& row_variances() const { return rows_; }
  const std::vector<double>& column_variances() const { return columns_; }
  /// ln of the density of the i-th change.
  double log_density(std::size_t i) const;

 private:
  void fit_drift();
  void fit_columns();
  void fit_rows();
  void fit_one_scale();
  /// The part of ln p that the scales change, when they are the most likely ones.
  double log_likelihood() const;

  const PlacedChanges& changes_;
  double drift_ = 0;
  std::vector<double> squares_;  ///< (d − m·slope)²
  std::vector<double> rows_, columns_, inverse_rows_, inverse_columns_;
};

}  // namespace mirrortune::detail
