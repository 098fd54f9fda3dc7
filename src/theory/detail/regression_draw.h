#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <torch/torch.h>

#include "theory/detail/regression_gradient.h"
#include "theory/linreg.h"

namespace mirrortune::detail {

/// Inputs, labels and start weights of one data set, all its rows and columns.
struct RegressionDraw {
  torch::Tensor inputs;  ///< float32 [rows, columns], contiguous
  std::vector<float> labels;
  std::vector<double> start;  ///< N(0, 1), one for each column: to be divided by √D

  /// Its first `rows` and `columns`.
  RegressionData part(std::int64_t rows, std::int64_t columns) const;
  std::vector<float> start_of(std::int64_t columns) const;
};

/// Which data set.
struct RegressionDataSet {
  std::uint64_t seed;
  RegressionInputs inputs;
  double c;
  std::int64_t number;  ///< 0, 1, …: of the seeds, and one more of the search
  std::int64_t rows, columns;
  int threads;
};

/// Draws a data set. Correlated normal numbers come from the Fourier transform of independent ones, with the
/// square roots of a circulant matrix's eigenvalues whose first row holds the correlations (Dietrich & Newsam
/// 1997): exact, without a matrix of columns × columns.
RegressionDraw draw_regression(const RegressionDataSet& which);

}  // namespace mirrortune::detail
