#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "geometry/detail/scale_fit.h"
#include "geometry/detail/truncated_normal.h"

namespace mirrortune::detail {

/// What ScaleFit does, of changes that were rounded: the most likely drift m and variances r_i·c_j when of
/// each change d_ij ~ N(m·slope_ij, r_i·c_j) only its cell is known. EM, whose steps are lengthened by the
/// share of the information that rounding has left, until ln p gains less than 0.02.
class RoundedScaleFit {
 public:
  RoundedScaleFit(const PlacedChanges& changes, const LayerModel& model);

  double drift() const { return fit_.drift; }
  /// ln of the probability of the i-th change's cell.
  double log_probability(std::size_t i) const { return log_probabilities_[i]; }

 private:
  struct Fit {
    double drift = 0;
    std::vector<double> rows, columns;  ///< variances
  };
  /// What the cells say of the changes, given a fit; z is a change without drift in units of its sd.
  struct Expectation {
    std::vector<double> log_probabilities;            ///< of each cell
    double log_probability = 0;                       ///< of all cells
    double drift_score = 0;                           ///< Σ slope/sd·E[z]
    double drift_information = 0;                     ///< Σ (slope/sd)²·(1 − Var[z])
    std::vector<double> row_squares, column_squares;  ///< Σ E[z²]
    /// Σ (E[z²] − ½ Var[z²]): twice the information on the logarithm of a variance.
    std::vector<double> row_information, column_information;
  };

  bool is_known(std::size_t i) const { return changes_.low[i] < changes_.high[i]; }
  Expectation expect() const;
  /// The next fit, by a step of EM or a lengthened one.
  Fit improved(const Expectation& seen, bool lengthened) const;

  const PlacedChanges& changes_;
  LayerModel model_;
  Fit fit_;
  std::vector<double> log_probabilities_;
};

}  // namespace mirrortune::detail
