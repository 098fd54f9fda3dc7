#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analysis/layer_pairs.h"
#include "weights/rounding.h"

#include "geometry/detail/scale_fit.h"
#include "geometry/geometry.h"

namespace mirrortune::detail {

/// Weights of one layer before and after, by row (output channel) and column (input channel).
struct LayerWeights {
  std::int64_t rows = 0, columns = 0;
  std::vector<double> before, after;
  std::vector<std::int32_t> row, column;
  std::vector<double> row_squares;  ///< Σ w0² of each row, of the columns that are not looked at too
  /// The 16-bit type that the weights after were rounded to: their own, or one that all of them fit in.
  std::optional<DType> rounding = {};
};

/// All weights of a layer, or about `max_weights` of them, of rounded ones a quarter, in evenly spaced rows
/// (32 at least) and columns.
LayerWeights read_layer(const LayerPairs& pairs, const LayerPair& layer, std::int64_t max_weights);

/// The profile likelihood of the power λ over the changes of one layer, split by rows.
class LayerLikelihood {
 public:
  /// Weights that are 0 or not finite are counted and left out; so are unchanged ones, if they are not
  /// rounded, and those of rows and columns with a scale of their own in which fewer than 4 changed.
  LayerLikelihood(const LayerWeights& weights, const LayerModel& model);

  std::int64_t n() const { return static_cast<std::int64_t>(before_.size()); }
  std::int64_t changed() const { return changed_; }  ///< of the n: the others are rounded to no change
  std::int64_t zeros() const { return zeros_; }
  std::int64_t unchanged() const { return unchanged_; }
  std::int64_t nonfinite() const { return nonfinite_; }
  std::int64_t sparse() const { return sparse_; }
  std::int64_t flips() const { return flips_; }
  bool rounded() const { return !cells_.empty(); }
  double log_sd() const { return log_sd_; }
  /// Rows with at least one change.
  std::size_t rows() const { return rows_; }

  struct Result {
    std::vector<double> rows;  ///< ln p of each row, scales and drift at their most likely
    double drift = 0;
    double total() const;
  };
  Result at(double lambda) const;

 private:
  LayerWeights changed_ones(const LayerWeights& weights);
  Result with_flips(double lambda, bool flips_are_outliers) const;
  bool is_flip(std::size_t i) const { return before_[i].negative != after_[i].negative; }

  LayerModel model_;
  std::int64_t changed_ = 0, zeros_ = 0, unchanged_ = 0, nonfinite_ = 0, sparse_ = 0, flips_ = 0;
  double log_sd_ = 0, log_broad_ = 0;
  std::vector<Size> before_, after_;
  std::vector<std::int32_t> row_, column_;
  std::vector<RoundingCell> cells_;  ///< of rounded weights, else empty
  std::vector<double> freedom_;      ///< √(1 − w0²/Σ w0²) of a normalised layer, else empty
  std::size_t rows_ = 0, columns_ = 0;
};

}  // namespace mirrortune::detail
