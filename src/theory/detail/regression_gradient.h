#pragma once

#include <cstdint>
#include <span>

namespace mirrortune::detail {

/// Inputs and labels of a linear regression: `rows` inputs of `columns` numbers, `stride` apart.
struct RegressionData {
  const float* inputs;
  std::int64_t stride;
  std::int64_t rows;
  std::int64_t columns;
  const float* labels;  ///< one for each row

  RegressionData part(std::int64_t begin, std::int64_t end) const {
    return {.inputs = inputs + begin * stride,
            .stride = stride,
            .rows = end - begin,
            .columns = columns,
            .labels = labels + begin};
  }
};

/// For each model, whose weights w are an array of `columns` numbers: adds Xᵀ(Xw − y) to its gradient and
/// Σ(Xw − y)² to its loss. One pass over the data in memory serves all models; AVX2 where there is.
void add_regression_gradients(const RegressionData& data, std::span<const float* const> weights,
                              std::span<float* const> gradients, std::span<double> losses);

}  // namespace mirrortune::detail
